import type { GuestExit } from "../src/index.ts";

/** Collects what guests and the host's own checks say, prints it as it comes, counts it. */
export class TapReport {
  passed = 0;
  failed = 0;
  skipped = 0;
  readonly failures: string[] = [];

  /** One check of the host's. */
  check(scenario: string, name: string, holds: boolean, detail = ""): void {
    this.#count(scenario, holds, detail === "" || holds ? name : `${name}: ${detail}`);
  }

  skip(scenario: string, name: string, reason: string): void {
    this.skipped++;
    process.stdout.write(`skip - ${scenario}: ${name} (${reason})\n`);
  }

  /** What a guest printed as TAP, and that it came to its end. */
  readGuest(scenario: string, { status, reason, output, console: kernelSays }: GuestExit): void {
    this.read(scenario, output);
    const isWhole = reason === "script" && status === 0;
    const detail = `${reason}, status ${status}\n${kernelSays.slice(-2000)}`;
    this.check(scenario, "the guest ended by itself, with status 0", isWhole, detail);
  }

  /** Everything that a guest printed as TAP. A plan that was not kept is a failure of its own. */
  read(scenario: string, output: string): void {
    let planned: number | undefined;
    let seen = 0;
    for (const line of output.split("\n")) {
      const plan = /^1\.\.(\d+)$/.exec(line);
      const result = /^(not ok|ok) \d+ - (.*)$/.exec(line);
      if (plan !== null) planned = Number(plan[1]);
      else if (result !== null) {
        seen++;
        const [name = "", reason] = (result[2] ?? "").split(" # SKIP ");
        if (reason === undefined) this.#count(scenario, result[1] === "ok", name);
        else this.skip(scenario, name, reason);
      } else if (line.startsWith("#")) process.stdout.write(`${line}\n`);
    }
    if (planned === undefined || seen !== planned) {
      this.check(
        scenario,
        "the whole suite ran",
        false,
        `${seen} of ${planned ?? "an unknown number of"} cases`,
      );
      process.stdout.write(
        `${output
          .split("\n")
          .slice(-15)
          .map((line) => `# ${line}`)
          .join("\n")}\n`,
      );
    }
  }

  #count(scenario: string, ok: boolean, name: string): void {
    if (ok) this.passed++;
    else {
      this.failed++;
      this.failures.push(`${scenario}: ${name}`);
    }
    process.stdout.write(`${ok ? "ok" : "not ok"} - ${scenario}: ${name}\n`);
  }
}
