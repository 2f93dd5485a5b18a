/*
 * Log: one line per event, redacted, bounded, printable, with a level. A line goes to the platform's console and to every
 * listener (the logging extension); a listener that throws misses that line only.
 */

import { asFault } from "../../modules/fault/fault.js";
import { cut } from "../../modules/text/cut.js";
import { isPrintable, printable } from "../../modules/text/printable.js";
import type { Redactor } from "./redact.js";

/** Characters of one log line; the server stores lines of any length, a serial console and the queue do not. */
export const maxLogLineCharacters = 1024;

export type Level = "debug" | "info" | "notice" | "warning" | "error";

export const levels: readonly Level[] = Object.freeze<Level[]>(["debug", "info", "notice", "warning", "error"]);

export interface LogListener {
  write(level: Level, message: string): void;
}

export class Log {
  private readonly _print: (line: string) => void;
  /** For texts that are kept or sent by another way than as a line. */
  readonly redactor: Redactor;
  private readonly _least: number;
  private readonly _prefix: string;
  private readonly _listeners: LogListener[] = [];

  /**
   * @param print where lines go, one call a line
   * @param least the lowest level that is printed; listeners get every level
   * @param name of the link, put before each line
   */
  constructor(print: (line: string) => void, redactor: Redactor, least: Level, name: string) {
    this._print = print;
    this.redactor = redactor;
    this._least = levels.indexOf(least);
    this._prefix = name;
  }

  listen(listener: LogListener): void {
    this._listeners.push(listener);
  }

  debug(message: string): void {
    this.write("debug", message);
  }

  info(message: string): void {
    this.write("info", message);
  }

  notice(message: string): void {
    this.write("notice", message);
  }

  warning(message: string): void {
    this.write("warning", message);
  }

  error(message: string): void {
    this.write("error", message);
  }

  write(level: Level, message: string): void {
    const line = oneLine(this.redactor.redact(message));
    if (levels.indexOf(level) >= this._least) this._print(`${this._prefix} ${level}: ${line}`);
    for (const listener of this._listeners) {
      try {
        listener.write(level, line);
      } catch (error) {
        const { message } = asFault(error, "application", "listener-threw");
        this._print(`${this._prefix} error: a log listener threw: ${oneLine(this.redactor.redact(message))}`);
      }
    }
  }
}

/** Makes one printable line of a text: line breaks from a server or an error must not start log lines of their own. */
const oneLine = (text: string): string => {
  const line = bounded(text);
  return isPrintable(line) ? line : bounded(printable(withoutBreaks(line)));
};

/** A run of line ends and tabs becomes one blank. */
const withoutBreaks = (text: string): string => {
  let line = "";
  let inRun = false;
  for (const character of text) {
    const isBreak = character === "\r" || character === "\n" || character === "\t";
    if (!isBreak) line += character;
    else if (!inRun) line += " ";
    inRun = isBreak;
  }
  return line;
};

const bounded = (text: string): string => {
  const kept = cut(text, maxLogLineCharacters);
  return kept === text ? text : `${kept}…`;
};
