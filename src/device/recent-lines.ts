/*
 * RecentLines: the last log lines, for the console's `log` and for crash records. The lines for the server's log are kept in
 * src/features/logging/log-ring.ts.
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

  /** A log line (LogListener). */
  write(level: Level, message: string): void {
    if (level === "debug") return;
    const line = `${level}: ${message}`;
    this._lines.push(line);
    this._characters += line.length;
    while (this._lines.length > maxRecentLines || this._characters > maxRecentCharacters)
      this._characters -= this._lines.shift()!.length;
  }

  /** @returns at most `count` lines, the newest last */
  last(count: number): readonly string[] {
    return count <= 0 ? [] : this._lines.slice(-count);
  }
}
