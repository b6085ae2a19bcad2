const EVERY_MS = 30_000;

/** Call it often: now and then it tells on stderr how far a long run is. stdout has outcomes only. */
export function progressLine(): (describe: () => string) => void {
  let toldAt = performance.now();
  return (describe) => {
    const now = performance.now();
    if (now - toldAt < EVERY_MS) return;
    toldAt = now;
    process.stderr.write(`${describe()}\n`);
  };
}
