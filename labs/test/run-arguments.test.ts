import { expect, test } from "vitest";
import { readRunArguments } from "../src/run-arguments.ts";

test("options stand before the command, with or without a separator", () => {
  const wanted = { kind: "uml", command: "git --version", folder: undefined, tools: true, print: false };
  expect(readRunArguments(["uml", "--tools", "git --version"])).toEqual(wanted);
  expect(readRunArguments(["uml", "--tools", "--", "git --version"])).toEqual(wanted);
  expect(readRunArguments(["uml", "--tools", "--", "git", "--version"])).toEqual(wanted);
});

test("a command keeps its own options, also those of our names", () => {
  expect(readRunArguments(["qemu", "ls", "-la", "/mnt"]).command).toBe("ls -la /mnt");
  expect(readRunArguments(["qemu", "--", "--tools"])).toMatchObject({ command: "--tools", tools: false });
  expect(readRunArguments(["qemu", "echo", "--", "a"]).command).toBe("echo -- a");
});

test("an option's value is no command", () => {
  expect(readRunArguments(["qemu-mmio", "--folder", "/srv", "--print", "ls"])).toEqual({
    kind: "qemu-mmio",
    command: "ls",
    folder: "/srv",
    tools: false,
    print: true,
  });
});

test("what is missing or unknown is said", () => {
  expect(() => readRunArguments([])).toThrow('no guest of kind ""');
  expect(() => readRunArguments(["uml", "--tools"])).toThrow("no command for the guest");
  expect(() => readRunArguments(["uml", "--tool", "ls"])).toThrow("--tool");
});
