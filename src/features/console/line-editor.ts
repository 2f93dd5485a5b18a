/*
 * LineEditor: turns keys into echo and lines, for a terminal that only shows what it is sent (the browser's xterm neither
 * echoes nor edits). Pure.
 *
 * It edits at the end of the line only: typing, Backspace, Ctrl-U, history by the arrows, Ctrl-C, Ctrl-D, Ctrl-L. Other escape
 * sequences are ignored, even when they arrive in pieces. Every character counts as one column.
 */

/** Characters of a line that is typed. */
export const maxCommandLineCharacters = 256;
/** Lines of history. */
export const maxHistoryLines = 16;

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
  private readonly _prompt: string;
  private _columns: number;
  /** The typed characters. A list, since the length of a string counts code points on XS and UTF-16 units on V8. */
  private _line: string[] = [];
  private _history: string[] = [];
  /** Index of the shown line in the history; the history's length while the line being typed is shown. */
  private _at = 0;
  /** The line being typed, while a line of the history is shown. */
  private _typed: string[] = [];
  private _escape: "" | "esc" | "csi" = "";
  private _afterReturn = false;

  constructor(prompt: string, columns: number) {
    this._prompt = prompt;
    this._columns = columns;
  }

  resize(columns: number): void {
    this._columns = columns;
  }

  /** A fresh prompt, with what is typed so far. */
  get shown(): string {
    return this._prompt + this._line.join("");
  }

  /** Forgets what is typed. */
  reset(): void {
    this._line = [];
    this._at = this._history.length;
    this._escape = "";
  }

  /** @param key one character */
  key(key: string): Edit {
    const afterReturn = this._afterReturn;
    this._afterReturn = false;
    if (this._escape !== "") return this._sequence(key);
    switch (key) {
      case "\r":
        this._afterReturn = true;
        return this._enter();
      case "\n":
        return afterReturn ? { echo: "" } : this._enter();
      case "\x7f":
      case "\b":
        return { echo: this._erase() };
      case "\x03":
        this.reset();
        return { echo: "^C\r\n", signal: "interrupt" };
      case "\x04":
        return this._line.length === 0 ? { echo: "\r\n", signal: "end" } : { echo: bell };
      case "\x0c":
        return { echo: `\x1b[2J\x1b[H${this.shown}` };
      case "\x15":
        return { echo: this._replace([]) };
      case "\x1b":
        this._escape = "esc";
        return { echo: "" };
      case "\t":
        return { echo: this._type(" ") };
      default:
        return { echo: key < " " || (key >= "\x80" && key < "\xa0") ? "" : this._type(key) };
    }
  }

  private _sequence(key: string): Edit {
    if (this._escape === "esc") {
      this._escape = key === "[" || key === "O" ? "csi" : "";
      return { echo: "" };
    }
    // Parameters go on until a letter or "~" ends the sequence (ECMA-48 §5.4).
    if (key < "@" || key > "~") return { echo: "" };
    this._escape = "";
    if (key === "A") return { echo: this._recall(this._at - 1) };
    if (key === "B") return { echo: this._recall(this._at + 1) };
    return { echo: "" };
  }

  private _enter(): Edit {
    const line = this._line.join("");
    if (line.trim() !== "" && this._history.at(-1) !== line) {
      this._history.push(line);
      if (this._history.length > maxHistoryLines) this._history.shift();
    }
    this.reset();
    return { echo: "\r\n", line };
  }

  private _type(character: string): string {
    if (this._line.length >= maxCommandLineCharacters) return bell;
    this._line.push(character);
    return character;
  }

  private _erase(): string {
    if (this._line.length === 0) return bell;
    // A backspace does not move to the row above, so a line that ends at the right edge, or just beyond it, is drawn again.
    if ((this._prompt.length + this._line.length) % this._columns <= 1) return this._replace(this._line.slice(0, -1));
    this._line.pop();
    return "\b \b";
  }

  private _recall(at: number): string {
    if (at < 0 || at > this._history.length) return bell;
    if (this._at === this._history.length) this._typed = this._line;
    this._at = at;
    return this._replace(at === this._history.length ? this._typed : [...this._history[at]]);
  }

  /** Draws the line anew, over all the rows it had. */
  private _replace(line: string[]): string {
    const rows = Math.floor(Math.max(0, this._prompt.length + this._line.length - 1) / this._columns);
    this._line = line;
    return `${rows > 0 ? `\x1b[${rows}A` : ""}\r\x1b[J${this.shown}`;
  }
}
