/*
 * RecentLines: the last log lines, for whoever asks the device itself: the console's `log`, and the record of a crash.
 * What the server gets is another matter (src/extensions/log-ring.ts).
 */

import { maxRecentCharacters, maxRecentLines } from "../modules/limits/limits.js";
import type { Level } from "./log.js";

export class RecentLines {
  #lines: string[] = [];
  #characters = 0;

  /** A LogListener. */
  write(level: Level, message: string): void {
    if (level === "debug") return;
    const line = `${level}: ${message}`;
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#lines.length > maxRecentLines || this.#characters > maxRecentCharacters)
      this.#characters -= this.#lines.shift()!.length;
  }

  /** @param count at most so many, the newest last */
  last(count: number): readonly string[] {
    return count <= 0 ? [] : this.#lines.slice(-count);
  }
}
