/** What strace wrote, held against what a server may ask for. */
export interface Verdict {
  readonly calls: number;
  readonly offences: readonly string[];
}

const MOST_OFFENCES = 5;
/** `PID call(…) = result`; the parts of a call that others interrupted are joined before. */
const CALL = /^\d+ +(\w+)\((.*)\) += (.*)$/;
/** The runtime asks once for the rate of the processor's clock (V8, by Abseil), whatever a guest does. */
const CLOCK =
  /openat\(AT_FDCWD<[^>]*>, "\/sys\/devices\/system\/cpu\/cpu0\/(tsc_freq_khz|cpufreq\/cpuinfo_max_freq)", O_RDONLY/;
const STRING = /"((?:[^"\\]|\\.)*)"/g;

/**
 * Looks at every call of a log, given line by line, between the two marks: names are single components (or a descriptor's own place in /proc), and no
 * descriptor that is used or opened (strace -y tells its path) lies outside `share`, as far as it is below `base`.
 */
export async function judge(
  log: AsyncIterable<string> | Iterable<string>,
  base: string,
  share: string,
): Promise<Verdict> {
  const offences: string[] = [];
  let calls = 0;
  let isBetween = false;
  for await (const line of joined(log)) {
    if (line.includes("/nowhere/begin")) isBetween = true;
    else if (line.includes("/nowhere/end")) break;
    else if (isBetween) {
      calls++;
      if (CLOCK.test(line)) continue;
      if (isOffence(line, base, share)) offences.push(line.slice(0, 300));
      if (offences.length === MOST_OFFENCES) break;
    }
  }
  return { calls, offences };
}

function isOffence(line: string, base: string, share: string): boolean {
  for (const [, path] of line.matchAll(/\d<([^>]*)>/g)) {
    if (path?.startsWith(base) && path !== share && !path.startsWith(`${share}/`)) return true;
  }
  const [, call, args = ""] = CALL.exec(line) ?? [];
  if (call === undefined) return false;
  // The first string of symlinkat is the link's text, which nobody follows here.
  const names = [...args.matchAll(STRING)].map(([, name = ""]) => name).slice(call === "symlinkat" ? 1 : 0);
  const paths = /xattr/.test(call) ? names.slice(0, 1) : call === "readlinkat" ? names.slice(0, 1) : names;
  return paths.some((name) => name === ".." || (name.includes("/") && !/^\/proc\/self\/fd\/\d+$/.test(name)));
}

/** Lines with the halves of interrupted calls put together. */
async function* joined(log: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  const unfinished = new Map<string, string>();
  for await (const line of log) {
    const pid = line.split(" ", 1)[0] ?? "";
    if (line.endsWith("<unfinished ...>")) {
      unfinished.set(pid, line.slice(0, -"<unfinished ...>".length));
      continue;
    }
    const resumed = /<\.\.\. \w+ resumed>(.*)$/.exec(line);
    if (resumed === null) yield line;
    else {
      yield `${unfinished.get(pid) ?? `${pid} `}${resumed[1]}`;
      unfinished.delete(pid);
    }
  }
}
