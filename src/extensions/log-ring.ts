/*
 * LogRing: log lines that wait for the server. Bounded; pure.
 *
 * The rule it guards: when lines must go, the interesting ones stay. The first lines after a start and errors are kept
 * before others; of the rest the oldest go first; and how many went is said in a line of its own, so no gap is silent.
 */

import { keptBootLines, maxBufferedLogCharacters, maxBufferedLogLines } from "../../modules/limits/limits.js";
import type { Level } from "../log.js";

export interface LogLine {
  readonly level: Level;
  readonly message: string;
  /** By the monotonic clock, in milliseconds. */
  readonly atMs: number;
}

interface Held extends LogLine {
  readonly boot: boolean;
}

export class LogRing {
  #lines: Held[] = [];
  #characters = 0;
  #seen = 0;
  #dropped = 0;
  #droppedMs = 0;

  get isEmpty(): boolean {
    return this.#lines.length === 0 && this.#dropped === 0;
  }

  push(line: LogLine): void {
    const boot = this.#seen < keptBootLines;
    if (boot) this.#seen++;
    this.#lines.push({ ...line, boot });
    this.#characters += line.message.length;
    while (this.#lines.length > maxBufferedLogLines || this.#characters > maxBufferedLogCharacters) this.#dropOne();
  }

  /**
   * The next lines to send, oldest first, with the line about the gap where there is one. They stay until `sent`.
   * @param lines at most so many
   * @param characters of messages, at most; one line always comes
   */
  next(lines: number, characters: number): LogLine[] {
    const batch: LogLine[] = [];
    let sum = 0;
    if (this.#dropped > 0) {
      const what = this.#dropped === 1 ? "1 log line was" : `${this.#dropped} log lines were`;
      const message = `${what} dropped here: more came than could be kept until they could be sent.`;
      batch.push({ level: "warning", message, atMs: this.#droppedMs });
      sum = message.length;
    }
    for (const line of this.#lines) {
      sum += line.message.length;
      if (batch.length >= lines || (batch.length > 0 && sum > characters)) break;
      batch.push(line);
    }
    return batch.sort((a, b) => a.atMs - b.atMs);
  }

  /** Forgets a batch that `next` gave, whatever was pushed since. */
  sent(batch: readonly LogLine[]): void {
    const before = this.#lines.length;
    this.#lines = this.#lines.filter((line) => !batch.includes(line));
    // The one line that is not ours is the one about the gap.
    if (before - this.#lines.length < batch.length) this.#dropped = 0;
    this.#characters = 0;
    for (const { message } of this.#lines) this.#characters += message.length;
  }

  #dropOne(): void {
    let at = this.#lines.findIndex(({ boot, level }) => !boot && level !== "error");
    if (at < 0) at = this.#lines.findIndex(({ boot }) => !boot);
    const [line] = this.#lines.splice(Math.max(at, 0), 1);
    this.#characters -= line.message.length;
    if (this.#dropped === 0) this.#droppedMs = line.atMs;
    this.#dropped++;
  }
}
