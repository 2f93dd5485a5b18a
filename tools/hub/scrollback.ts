/*
 * What a terminal has shown, as far as it is kept: the last lines, and of those the last characters. A device that never
 * sends a line feed has one line, whose beginning goes.
 */

import { maxTerminalCharacters, maxTerminalLines } from "./limits.js";

/** The last `units` of `text` in UTF-16, without the half of a character in front. */
export function tail(text: string, units: number): string {
  const end = text.slice(-units);
  return /^[\udc00-\udfff]/.test(end) ? end.slice(1) : end;
}

export class Scrollback {
  #lines: string[] = [""];
  #characters = 0;

  add(data: string): void {
    const lines = tail(data, maxTerminalCharacters).split("\n");
    // What replaces all that was there begins anew, and not at the end of a line that is no longer before it.
    if (data.length >= maxTerminalCharacters || lines.length > maxTerminalLines) this.#drop(this.#lines.length);
    if (this.#lines.length === 0) this.#lines = [""];
    const [first, ...more] = lines.slice(-maxTerminalLines);
    this.#lines[this.#lines.length - 1] += first;
    this.#characters += first.length;
    for (const line of more) {
      this.#lines.push(line);
      this.#characters += line.length;
    }
    if (this.#lines.length > maxTerminalLines) this.#drop(this.#lines.length - maxTerminalLines);
    while (this.#characters > maxTerminalCharacters && this.#lines.length > 1) this.#drop(1);
    // Not at every character: each time a whole terminal is copied.
    const over = this.#characters - maxTerminalCharacters;
    if (over < maxTerminalCharacters / 4) return;
    this.#lines[0] = tail(this.#lines[0], this.#lines[0].length - over);
    this.#characters = this.#lines[0].length;
  }

  get text(): string {
    return tail(this.#lines.join("\n"), maxTerminalCharacters);
  }

  #drop(count: number): void {
    for (const line of this.#lines.splice(0, count)) this.#characters -= line.length;
  }
}
