/*
 * LogRing: log lines that wait to be sent to the server. Bounded; pure.
 *
 * The rule it guards: when lines must be dropped, the interesting ones stay. The first lines after a start and errors are kept
 * longer than others; of the others the oldest are dropped first; the number of dropped lines gets a line of its own.
 */

import type { Level } from "../../log/log.js";

/** Log lines that wait for the server, and their characters together: what a chatty minute has, and what RAM allows. */
export const maxBufferedLogLines = 128;
export const maxBufferedLogCharacters = 12_288;
/** First lines after a start that are never the ones to be dropped: a boot has about twenty. */
export const keptBootLines = 24;

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
  private _lines: Held[] = [];
  private _characters = 0;
  private _seen = 0;
  private _dropped = 0;
  private _droppedMs = 0;

  get isEmpty(): boolean {
    return this._lines.length === 0 && this._dropped === 0;
  }

  push(line: LogLine): void {
    const boot = this._seen < keptBootLines;
    if (boot) this._seen++;
    this._lines.push({ ...line, boot });
    this._characters += line.message.length;
    while (this._lines.length > maxBufferedLogLines || this._characters > maxBufferedLogCharacters) this._dropOne();
  }

  /**
   * The next lines to send, oldest first, with a line about dropped lines, if any. They stay until `sent`.
   * @param lines most lines
   * @param characters most characters of all messages; one line is returned in any case
   */
  next(lines: number, characters: number): LogLine[] {
    const batch: LogLine[] = [];
    let sum = 0;
    if (this._dropped > 0) {
      const what = this._dropped === 1 ? "1 log line was" : `${this._dropped} log lines were`;
      const message = `${what} dropped here: more came than could be kept until they could be sent.`;
      batch.push({ level: "warning", message, atMs: this._droppedMs });
      sum = message.length;
    }
    for (const line of this._lines) {
      sum += line.message.length;
      if (batch.length >= lines || (batch.length > 0 && sum > characters)) break;
      batch.push(line);
    }
    return batch.sort((a, b) => a.atMs - b.atMs);
  }

  /** Removes a batch that `next` returned; lines may have been pushed since. */
  sent(batch: readonly LogLine[]): void {
    const before = this._lines.length;
    this._lines = this._lines.filter((line) => !batch.includes(line));
    // A line of the batch that is not in the ring is the line about dropped lines.
    if (before - this._lines.length < batch.length) this._dropped = 0;
    this._characters = 0;
    for (const { message } of this._lines) this._characters += message.length;
  }

  private _dropOne(): void {
    let at = this._lines.findIndex(({ boot, level }) => !boot && level !== "error");
    if (at < 0) at = this._lines.findIndex(({ boot }) => !boot);
    const [line] = this._lines.splice(Math.max(at, 0), 1);
    this._characters -= line.message.length;
    if (this._dropped === 0) this._droppedMs = line.atMs;
    this._dropped++;
  }
}
