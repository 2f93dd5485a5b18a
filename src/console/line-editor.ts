/*
 * LineEditor: keys in, echo and lines out, for a terminal that shows just what it is sent (the browser's xterm neither
 * echoes nor edits). Pure.
 *
 * Editing happens at the end of the line: type, Backspace, Ctrl-U, history by the arrows, Ctrl-C, Ctrl-D, Ctrl-L. Other
 * escape sequences are swallowed, also when they arrive in pieces. Characters count as one column each.
 */

import { maxCommandLineCharacters, maxHistoryLines } from "../../modules/limits/limits.js";

export interface Edit {
  /** To be shown. */
  readonly echo: string;
  /** Enter was pressed: this was typed. */
  readonly line?: string;
  /** Ctrl-C, or Ctrl-D on an empty line. */
  readonly signal?: "interrupt" | "end";
}

const bell = "\x07";

export class LineEditor {
  readonly #prompt: string;
  #columns: number;
  /** Characters, since a string of XS counts code points and one of V8 does not. */
  #line: string[] = [];
  #history: string[] = [];
  /** Place in the history; its length: the line that is being typed. */
  #at = 0;
  #typed: string[] = [];
  #escape: "" | "esc" | "csi" = "";
  #afterReturn = false;

  constructor(prompt: string, columns: number) {
    this.#prompt = prompt;
    this.#columns = columns;
  }

  resize(columns: number): void {
    this.#columns = columns;
  }

  /** A fresh prompt, with what is typed so far. */
  get shown(): string {
    return this.#prompt + this.#line.join("");
  }

  /** Forgets what is typed. */
  reset(): void {
    this.#line = [];
    this.#at = this.#history.length;
    this.#escape = "";
  }

  /** @param key one character */
  key(key: string): Edit {
    const afterReturn = this.#afterReturn;
    this.#afterReturn = false;
    if (this.#escape !== "") return this.#sequence(key);
    switch (key) {
      case "\r":
        this.#afterReturn = true;
        return this.#enter();
      case "\n":
        return afterReturn ? { echo: "" } : this.#enter();
      case "\x7f":
      case "\b":
        return { echo: this.#erase() };
      case "\x03":
        this.reset();
        return { echo: "^C\r\n", signal: "interrupt" };
      case "\x04":
        return this.#line.length === 0 ? { echo: "\r\n", signal: "end" } : { echo: bell };
      case "\x0c":
        return { echo: `\x1b[2J\x1b[H${this.shown}` };
      case "\x15":
        return { echo: this.#replace([]) };
      case "\x1b":
        this.#escape = "esc";
        return { echo: "" };
      case "\t":
        return { echo: this.#type(" ") };
      default:
        return { echo: key < " " || (key >= "\x80" && key < "\xa0") ? "" : this.#type(key) };
    }
  }

  #sequence(key: string): Edit {
    if (this.#escape === "esc") {
      this.#escape = key === "[" || key === "O" ? "csi" : "";
      return { echo: "" };
    }
    // Parameters go on until a letter or "~" ends the sequence (ECMA-48 §5.4).
    if (key < "@" || key > "~") return { echo: "" };
    this.#escape = "";
    if (key === "A") return { echo: this.#recall(this.#at - 1) };
    if (key === "B") return { echo: this.#recall(this.#at + 1) };
    return { echo: "" };
  }

  #enter(): Edit {
    const line = this.#line.join("");
    if (line.trim() !== "" && this.#history.at(-1) !== line) {
      this.#history.push(line);
      if (this.#history.length > maxHistoryLines) this.#history.shift();
    }
    this.reset();
    return { echo: "\r\n", line };
  }

  #type(character: string): string {
    if (this.#line.length >= maxCommandLineCharacters) return bell;
    this.#line.push(character);
    return character;
  }

  #erase(): string {
    if (this.#line.length === 0) return bell;
    // A backspace does not climb to the row above, so a line that ends at or behind the edge is drawn again.
    if ((this.#prompt.length + this.#line.length) % this.#columns <= 1) return this.#replace(this.#line.slice(0, -1));
    this.#line.pop();
    return "\b \b";
  }

  #recall(at: number): string {
    if (at < 0 || at > this.#history.length) return bell;
    if (this.#at === this.#history.length) this.#typed = this.#line;
    this.#at = at;
    return this.#replace(at === this.#history.length ? this.#typed : [...this.#history[at]]);
  }

  /** Draws the line anew, over all the rows it had. */
  #replace(line: string[]): string {
    const rows = Math.floor(Math.max(0, this.#prompt.length + this.#line.length - 1) / this.#columns);
    this.#line = line;
    return `${rows > 0 ? `\x1b[${rows}A` : ""}\r\x1b[J${this.shown}`;
  }
}
