/*
 * The hub's prompt on a terminal: lines in, answers out, and the timeline above the line that is being typed. What a line
 * means, and that an answer is fit for a terminal, is in commands.ts.
 */

import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";
import { runCommand } from "./commands.js";
import type { Hub } from "./hub.js";
import { maxTerminalBacklog } from "./limits.js";
import { timelineLine } from "./timeline.js";

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  /** Show what happens as it happens. */
  readonly timeline: boolean;
}

/** Reads lines until `quit` (or Ctrl-C), or until the input ends. */
export async function runPrompt(hub: Hub, { input, output, timeline }: Terminal): Promise<"quit" | "end"> {
  const lines = createInterface({ input, output, prompt: "hub> " });
  const silence = hub.onEvent((entry) => {
    if (!timeline || output.writableLength > maxTerminalBacklog) return;
    // Over the prompt and whatever is being typed, which come again below.
    output.write(lines.terminal ? `\r\x1b[K${timelineLine(entry)}\n` : `${timelineLine(entry)}\n`);
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
  lines.on("line", async (line) => {
    if (line.trim() === "quit") return end();
    const answer = await runCommand(hub, line);
    if (answer !== "") output.write(`${answer}\n`);
    lines.prompt();
  });
  lines.prompt();
  await stop;
  // Whose input has ended, as in the background, still shows what happens.
  if (quit) silence();
  return quit ? "quit" : "end";
}
