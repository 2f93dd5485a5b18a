/*
 * RecentLines: the last log lines, for whoever asks the device itself: the console's `log`, and the record of a crash.
 * What the server gets is another matter (src/features/logging/log-ring.ts).
 */

import type { Core, Feature } from "../feature.js";
import type { Level } from "../log/log.js";

/** Lines kept for the console's `log` and for crash reports, and their characters together. */
export const maxRecentLines = 40;
export const maxRecentCharacters = 4096;

export class RecentLines implements Feature {
  private _lines: string[] = [];
  private _characters = 0;

  install(core: Core): void {
    core.log.listen(this);
  }

  /** As a LogListener. */
  write(level: Level, message: string): void {
    if (level === "debug") return;
    const line = `${level}: ${message}`;
    this._lines.push(line);
    this._characters += line.length;
    while (this._lines.length > maxRecentLines || this._characters > maxRecentCharacters)
      this._characters -= this._lines.shift()!.length;
  }

  /** @param count at most so many, the newest last */
  last(count: number): readonly string[] {
    return count <= 0 ? [] : this._lines.slice(-count);
  }
}
