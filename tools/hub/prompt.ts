/*
 * The hub's prompt on a terminal: lines in, answers out, and the timeline above the line that is being typed. What a line
 * means, and that an answer is fit for a terminal, is in commands.ts.
 */

import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { printable } from "../../modules/text/printable.js";
import { type Bench, completions, runCommand } from "./commands.js";
import type { Hub } from "./hub.js";
import { levelOf } from "./level.js";
import { maxTerminalBacklog } from "./limits.js";
import { timelineLine } from "./timeline.js";

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  /** What the command line has besides the hub. */
  readonly bench?: Bench;
  /** Colours by level: where the output is a terminal, and NO_COLOR is not set. */
  readonly colours?: boolean;
}

/** SGR codes by level: red, yellow, none, dim. */
const colour = { error: "31", warning: "33", info: "0", debug: "2" } as const;

/** Reads lines until `quit` (or Ctrl-C), or until the input ends. */
export async function runPrompt(hub: Hub, { input, output, bench, colours }: Terminal): Promise<"quit" | "end"> {
  const completer = (line: string) => completions(hub, line);
  const lines = createInterface({ input, output, prompt: "hub> ", completer });
  const silence = hub.onEvent((entry) => {
    const level = levelOf(entry);
    const watch = bench?.watch ?? "all";
    if (watch === "none" || (watch === "short" && level === "debug")) return;
    if (output.writableLength > maxTerminalBacklog) return;
    const line = colours ? `\x1b[${colour[level]}m${timelineLine(entry)}\x1b[0m` : timelineLine(entry);
    // Over the prompt and whatever is being typed, which come again below.
    output.write(lines.terminal ? `\r\x1b[K${line}\n` : `${line}\n`);
    if (lines.terminal && !ended) lines.prompt(true);
  });
  let quit = false;
  let ended = false;
  const stop = new Promise<void>((resolve) => {
    lines.once("close", () => {
      ended = true;
      resolve();
    });
  });
  const end = () => {
    quit = true;
    lines.close();
  };
  lines.on("SIGINT", end);
  let typed = 0;
  lines.on("line", async (line) => {
    if (line.trim() === "quit") return end();
    const number = ++typed;
    const answer = await runCommand(hub, line, bench);
    // An answer that another line has overtaken says whose it is.
    const whose = number === typed ? "" : `${printable(line.trim())}:\n`;
    if (answer !== "") output.write(`${whose}${answer}\n`);
    lines.prompt();
  });
  lines.prompt();
  await stop;
  // Whose input has ended, as in the background, still shows what happens.
  if (quit) silence();
  return quit ? "quit" : "end";
}
