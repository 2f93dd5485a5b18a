/*
 * Terminal: a line editor in front of the command table, and output that waits for the socket. Serves the console topic and
 * the local_shell extension alike.
 *
 * The rule it guards: a terminal neither fills memory nor holds up the connection. What is typed ahead and what waits to
 * be shown are bounded, and what had to go is said.
 */

import type { Timer, Timers } from "../../modules/host/timers.js";
import {
  maxConsoleBacklogCharacters,
  maxConsoleMessageCharacters,
  maxTypeAheadCharacters,
} from "../../modules/limits/limits.js";
import { cut } from "../../modules/text/cut.js";
import type { CommandTable } from "./command-table.js";
import { LineEditor } from "./line-editor.js";

export interface TerminalOptions {
  timers: Timers;
  commands: CommandTable;
  /** Shown when the session begins. */
  banner: string;
  prompt: string;
  /** Shows text. @returns false when it cannot be sent now */
  send(text: string): boolean;
}

/** Before the terminal has told its size. */
const defaultColumns = 80;
const retryMs = 200;

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #editor: LineEditor;
  #columns = defaultColumns;
  #output = "";
  #dropped = 0;
  #timer: Timer | undefined;
  #giveUp: (() => void) | undefined;
  #ahead: string[] = [];
  /** False after `end`, which a command may bring about itself: it can drop the connection it was typed on. */
  #begun = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#editor = new LineEditor(options.prompt, defaultColumns);
  }

  /** Begins a session, or begins it anew. */
  begin(): void {
    this.#begun = true;
    this.#giveUp?.();
    this.#giveUp = undefined;
    this.#ahead = [];
    this.#editor.reset();
    this.#write(`${this.#options.banner}\r\n${this.#editor.shown}`);
  }

  /** What was typed or pasted. */
  input(text: string): void {
    for (const key of text) this.#key(key);
    this.#flush();
  }

  /** @param columns of the terminal; sizes that no terminal has are passed over */
  resize(columns: unknown): void {
    if (typeof columns !== "number" || !Number.isInteger(columns) || columns < 10 || columns > 1000) return;
    this.#columns = columns;
    this.#editor.resize(columns);
  }

  /** A line for whoever looks, between what is typed. */
  notice(text: string): void {
    this.#write(`\r\n${text}\r\n${this.#editor.shown}`);
  }

  end(): void {
    this.#begun = false;
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#giveUp?.();
    this.#giveUp = undefined;
    this.#ahead = [];
    this.#output = "";
    this.#dropped = 0;
  }

  #key(key: string): void {
    if (!this.#begun) return;
    if (this.#giveUp !== undefined && key !== "\x03") {
      if (this.#ahead.length < maxTypeAheadCharacters) this.#ahead.push(key);
      return;
    }
    const { echo, line, signal } = this.#editor.key(key);
    this.#append(echo);
    if (signal === "interrupt") {
      this.#giveUp?.();
      this.#giveUp = undefined;
      this.#ahead = [];
      this.#append(this.#editor.shown);
    } else if (signal === "end") this.begin();
    else if (line !== undefined) this.#run(line.trim());
  }

  #run(line: string): void {
    if (line === "") {
      this.#append(this.#editor.shown);
      return;
    }
    // What it prints before it returns is sent afterwards: below a command there is no stack left for sending over TLS.
    let calling = true;
    const state = this.#options.commands.run({
      line,
      columns: this.#columns,
      print: (text) => {
        this.#append(`${text.replaceAll("\n", "\r\n")}\r\n`);
        if (!calling) this.#flush();
      },
      done: () => {
        this.#giveUp = undefined;
        this.#write(this.#editor.shown);
        this.#typedAhead();
      },
    });
    calling = false;
    if (typeof state !== "function") this.#append(this.#editor.shown);
    else if (this.#begun) this.#giveUp = state;
    else state();
    this.#flush();
  }

  /** Goes on with it up to the next command that takes longer. */
  #typedAhead(): void {
    while (this.#ahead.length > 0 && this.#giveUp === undefined) this.#key(this.#ahead.shift()!);
    this.#flush();
  }

  #write(text: string): void {
    this.#append(text);
    this.#flush();
  }

  #append(text: string): void {
    if (!this.#begun) return;
    const room = maxConsoleBacklogCharacters - this.#output.length;
    if (text.length <= room) this.#output += text;
    else this.#dropped += text.length;
  }

  #flush(): void {
    if (this.#timer !== undefined) return;
    while (this.#output !== "" || this.#dropped > 0) {
      if (this.#output === "") {
        this.#output = `\r\n[${this.#dropped} characters were dropped]\r\n${this.#editor.shown}`;
        this.#dropped = 0;
      }
      const piece = cut(this.#output, maxConsoleMessageCharacters);
      if (!this.#options.send(piece)) {
        this.#timer = this.#options.timers.set(() => {
          this.#timer = undefined;
          this.#flush();
        }, retryMs);
        return;
      }
      this.#output = this.#output.slice(piece.length);
    }
  }
}
