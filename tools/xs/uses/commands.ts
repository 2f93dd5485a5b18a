/*
 * Uses of the command table: support scripts, connecting code, console and local shell, at their documented limits and one
 * beyond. Commands that end at once must not go deeper into the stack with each line.
 */

import { maxTypeAheadCharacters } from "../../../src/features/console/terminal.js";
import { maxScriptLines, maxScripts } from "../../../src/features/scripts/scripts.js";
import { ordinaryApp as app, type Use } from "../use.js";
import type { UsedDevice } from "../used-device.js";

function expect(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

/** @returns how often `text` is a line of `output` */
const linesOf = (output: string, text: string): number =>
  output.split(/\r?\n/).filter((line) => line.trim() === text).length;

async function typed(device: UsedDevice, keys: string, line: string, count: number): Promise<void> {
  device.operator.consoleInput(device.identifier, keys);
  await device.until(`"${line}" was said ${count} times`, () => linesOf(device.shown, line) >= count);
  expect("answers", linesOf(device.shown, line), count);
}

/** @returns how often connecting code ended with `how` */
const codeEnds = (device: UsedDevice, how: string): number =>
  device.hub.timeline.entries(device.identifier).filter(({ text }) => text === `connecting code ${how}`).length;

const script = (lines: number): Use => ({
  name: `a support script of ${lines} lines`,
  app,
  run: async (device) => expect("answers", linesOf(await device.script("say x\n".repeat(lines)), "x"), lines),
});

const connectingCode = (lines: number): Use => ({
  name: `connecting code of ${lines} lines, at every join`,
  app,
  run: async (device) => {
    device.operator.setConnectingCode(device.identifier, "uptime\n".repeat(lines));
    for (let joins = 1; joins <= 3; joins++) {
      device.operator.reconnect(device.identifier);
      await device.until(`the code ran ${joins} times`, () => codeEnds(device, "ran") === joins);
    }
    await device.joined();
  },
});

export const commandUses: readonly Use[] = [
  script(8),
  script(maxScriptLines),
  {
    name: `a support script of ${maxScriptLines + 1} lines is refused in words`,
    app,
    run: async (device) => {
      const output = await device.script("say x\n".repeat(maxScriptLines + 1));
      expect("answer", output, `This device takes scripts of up to ${maxScriptLines} lines.`);
    },
  },
  {
    name: `${maxScripts} support scripts at once, and one more`,
    app,
    run: async (device) => {
      const text = `later 300\n${"say x\n".repeat(maxScriptLines - 1)}`;
      const answers = await Promise.all(Array.from({ length: maxScripts + 1 }, () => device.script(text)));
      const refused = answers.filter((answer) => answer.includes(`busy with ${maxScripts} other scripts`));
      expect("refused", refused.length, 1);
      for (const answer of answers)
        if (!refused.includes(answer)) expect("answers", linesOf(answer, "x"), maxScriptLines - 1);
    },
  },
  {
    name: "a support script whose lines take longer and end at once by turns",
    app,
    run: async (device) => {
      const output = await device.script("later 10\nsay x\nuptime\nsay x\n".repeat(25));
      expect("answers", linesOf(output, "x"), 50);
    },
  },
  connectingCode(8),
  connectingCode(maxScriptLines),
  {
    name: "nine lines typed ahead in the console",
    app,
    run: (device) => typed(device, `later 300\r${"say x\r".repeat(9)}`, "x", 9),
  },
  {
    name: `${maxTypeAheadCharacters} characters typed ahead in the console, and one more`,
    app,
    run: async (device) => {
      const lines = maxTypeAheadCharacters / 8;
      device.operator.consoleInput(device.identifier, "later 500\r");
      await typed(device, `${"say 123\r".repeat(lines)}say lost\r`, "123", lines);
      expect("lost", linesOf(device.shown, "lost"), 0);
    },
  },
  {
    name: "two hundred lines pasted into the console",
    app,
    run: (device) => typed(device, "say x\r\n".repeat(200), "x", 200),
  },
  {
    name: "nine lines typed ahead in the local shell",
    app,
    run: async (device) => {
      const output = () => {
        const report = device.hub.device(device.identifier)?.reports.get("local_shell");
        return String((report as { output?: unknown } | undefined)?.output ?? "");
      };
      await device.until("the local shell has begun", () => output().endsWith("> "));
      const data = `later 300\r${"say x\r".repeat(9)}`;
      device.operator.extension(device.identifier, "local_shell:shell_input", { data });
      await device.until("nine lines were said", () => linesOf(output(), "x") === 9);
    },
  },
];
