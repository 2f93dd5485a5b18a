/*
 * Terminal: runs the lines of a LineEditor as Commands, and buffers output until the socket takes it. It serves the console
 * topic and the local_shell extension.
 *
 * The rule it guards: a terminal neither fills memory nor delays the connection. Typed-ahead input and waiting output are
 * bounded, and the terminal shows how much output was dropped.
 */

import type { Timer, Timers } from "../../../modules/platform/timers.js";
import { cut } from "../../../modules/text/cut.js";
import type { Core } from "../../feature.js";
import { Commands } from "./commands.js";
import { LineEditor } from "./line-editor.js";

/** Characters typed ahead while a command runs. */
export const maxTypeAheadCharacters = 1024;
/** Characters of one `up` message. */
export const maxConsoleMessageCharacters = 1024;
/** Characters that wait for the socket; more are dropped, and the terminal shows how many. */
export const maxConsoleBacklogCharacters = 8192;

export interface TerminalOptions {
  timers: Timers;
  commands: Commands;
  /** Shown when the session begins. */
  banner: string;
  prompt: string;
  /** Shows text. @returns false when it cannot be sent now */
  send(text: string): boolean;
}

/** What terminals of a link have in common. */
export const terminalOptions = (core: Core): Omit<TerminalOptions, "send"> => {
  const { platform, firmware, identifier, name } = core;
  return {
    timers: platform.timers,
    commands: core.feature(Commands),
    banner: `${firmware.product} ${firmware.version} on ${identifier}. "help" lists what it can be told.`,
    prompt: `${name}> `,
  };
};

/** Before the terminal has told its size. */
const defaultColumns = 80;
const retryMs = 200;

export class Terminal {
  private readonly _options: TerminalOptions;
  private readonly _editor: LineEditor;
  private _columns = defaultColumns;
  private _output = "";
  private _dropped = 0;
  private _timer: Timer | undefined;
  private _giveUp: (() => void) | undefined;
  private _ahead: string[] = [];
  /** False after `end`. A running command may cause `end` itself, by dropping the connection. */
  private _begun = false;

  constructor(options: TerminalOptions) {
    this._options = options;
    this._editor = new LineEditor(options.prompt, defaultColumns);
  }

  /** Begins a session, or begins it anew. */
  begin(): void {
    this._begun = true;
    this._giveUp?.();
    this._giveUp = undefined;
    this._ahead = [];
    this._editor.reset();
    this._write(`${this._options.banner}\r\n${this._editor.shown}`);
  }

  /** What was typed or pasted. */
  input(text: string): void {
    for (const key of text) this._key(key);
    this._flush();
  }

  /** @param columns width of the terminal in characters; values other than 10 to 1,000 are ignored */
  resize(columns: unknown): void {
    if (typeof columns !== "number" || !Number.isInteger(columns) || columns < 10 || columns > 1000) return;
    this._columns = columns;
    this._editor.resize(columns);
  }

  /** Shows a line, and the prompt with the typed line again. */
  notice(text: string): void {
    this._write(`\r\n${text}\r\n${this._editor.shown}`);
  }

  end(): void {
    this._begun = false;
    this._options.timers.clear(this._timer);
    this._timer = undefined;
    this._giveUp?.();
    this._giveUp = undefined;
    this._ahead = [];
    this._output = "";
    this._dropped = 0;
  }

  private _key(key: string): void {
    if (!this._begun) return;
    if (this._giveUp !== undefined && key !== "\x03") {
      if (this._ahead.length < maxTypeAheadCharacters) this._ahead.push(key);
      return;
    }
    const { echo, line, signal } = this._editor.key(key);
    this._append(echo);
    if (signal === "interrupt") {
      this._giveUp?.();
      this._giveUp = undefined;
      this._ahead = [];
      this._append(this._editor.shown);
    } else if (signal === "end") this.begin();
    else if (line !== undefined) this._run(line.trim());
  }

  private _run(line: string): void {
    if (line === "") {
      this._append(this._editor.shown);
      return;
    }
    // What the command prints before it returns is sent after it: inside a command the stack has no room for sending over TLS.
    let calling = true;
    const state = this._options.commands.run({
      line,
      columns: this._columns,
      print: (text) => {
        this._append(`${text.replaceAll("\n", "\r\n")}\r\n`);
        if (!calling) this._flush();
      },
      done: () => {
        this._giveUp = undefined;
        this._write(this._editor.shown);
        this._typedAhead();
      },
    });
    calling = false;
    if (typeof state !== "function") this._append(this._editor.shown);
    else if (this._begun) this._giveUp = state;
    else state();
    this._flush();
  }

  /** Takes the typed-ahead keys, up to the next command that is still running. */
  private _typedAhead(): void {
    while (this._ahead.length > 0 && this._giveUp === undefined) this._key(this._ahead.shift()!);
    this._flush();
  }

  private _write(text: string): void {
    this._append(text);
    this._flush();
  }

  private _append(text: string): void {
    if (!this._begun) return;
    const room = maxConsoleBacklogCharacters - this._output.length;
    if (text.length <= room) this._output += text;
    else this._dropped += text.length;
  }

  private _flush(): void {
    if (this._timer !== undefined) return;
    while (this._output !== "" || this._dropped > 0) {
      if (this._output === "") {
        this._output = `\r\n[${this._dropped} characters were dropped]\r\n${this._editor.shown}`;
        this._dropped = 0;
      }
      const piece = cut(this._output, maxConsoleMessageCharacters);
      if (!this._options.send(piece)) {
        this._timer = this._options.timers.set(() => {
          this._timer = undefined;
          this._flush();
        }, retryMs);
        return;
      }
      this._output = this._output.slice(piece.length);
    }
  }
}
