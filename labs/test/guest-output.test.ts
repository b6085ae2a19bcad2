import fc from "fast-check";
import { expect, test } from "vitest";
import { GuestOutput, type GuestReport } from "../src/guest-output.ts";

const NONCE = "0123456789abcdef";
const REPORT = `\x1eninefold-guest ${NONCE}`;

function read(chunks: readonly string[]): { text: string; streamed: string; reports: GuestReport[] } {
  let streamed = "";
  const reports: GuestReport[] = [];
  const output = new GuestOutput(
    NONCE,
    (text) => {
      streamed += text;
    },
    (report) => reports.push(report),
  );
  for (const chunk of chunks) output.push(chunk);
  output.end();
  return { text: output.text, streamed, reports };
}

test("reports are taken out wherever the chunks break, and nothing else is", () => {
  const whole = `${REPORT} boot\nfirst\r\n\x1e no report\nlast without an end${REPORT} exit 42\n`;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const { text, streamed, reports } = read(at.slice(1).map((end, index) => whole.slice(at[index], end)));
      expect(text).toBe("first\r\n\x1e no report\nlast without an end");
      expect(streamed).toBe(text);
      expect(reports).toEqual([{ kind: "boot" }, { kind: "exit", status: 42 }]);
    }),
  );
});

test("what only begins like a report is output", () => {
  expect(read(["a", REPORT.slice(0, 9)]).text).toBe(`a${REPORT.slice(0, 9)}`);
  expect(read([`\x1eninefold-guest ffffffffffffffff exit 0\n`]).reports).toEqual([]);
});
