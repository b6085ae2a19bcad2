export interface Bar {
  readonly label: string;
  readonly depth: number;
  readonly ratio: number;
  /** What the ratio should be at least. */
  readonly wanted: number | undefined;
}

const ROW = 22;
const LEFT = 210;
const WIDTH = 560;
const COLOURS: Readonly<Record<number, string>> = { 1: "#4c78a8", 32: "#f58518" };

/** Ratios as horizontal bars on a logarithmic axis, with 1 and what was wanted marked. */
export function plot(title: string, bars: readonly Bar[]): string {
  const drawn = bars.filter(({ ratio }) => Number.isFinite(ratio));
  const most = Math.max(4, ...drawn.map(({ ratio }) => ratio)) * 1.15;
  const least = Math.min(0.5, ...drawn.map(({ ratio }) => ratio)) / 1.1;
  const x = (ratio: number): number => LEFT + (Math.log(ratio / least) / Math.log(most / least)) * WIDTH;
  const height = 60 + drawn.length * ROW;
  const lines = drawn.map(({ label, depth, ratio, wanted }, i) => {
    const y = 40 + i * ROW;
    const from = Math.min(x(1), x(ratio));
    const mark = wanted === undefined ? "" : line(x(wanted), y - 2, y + ROW - 6, "#333", 2);
    return [
      `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${label}, depth ${depth}</text>`,
      `<rect x="${from.toFixed(1)}" y="${y}" width="${Math.abs(x(ratio) - x(1)).toFixed(1)}" height="${ROW - 8}" fill="${COLOURS[depth] ?? "#999"}"/>`,
      `<text x="${(Math.max(x(ratio), x(1)) + 5).toFixed(1)}" y="${y + 12}">${ratio.toFixed(2)}</text>${mark}`,
    ].join("\n");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 70}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="12" y="20" font-size="14">${title}</text>`,
    ...lines,
    line(x(1), 32, height - 16, "#888", 1),
    "</svg>",
    "",
  ].join("\n");
}

function line(x: number, from: number, to: number, colour: string, width: number): string {
  const at = x.toFixed(1);
  return `<line x1="${at}" x2="${at}" y1="${from}" y2="${to}" stroke="${colour}" stroke-width="${width}"/>`;
}
