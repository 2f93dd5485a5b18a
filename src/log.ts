/*
 * Logging: one line an event, redacted, bounded, printable, with a level. Lines go to the host's console and to whoever
 * listens (the logging extension); a listener that throws is dropped from that line only.
 */

import { asFault } from "../modules/fault/fault.js";
import { maxLogLineCharacters } from "../modules/limits/limits.js";
import { cut } from "../modules/text/cut.js";
import { isPrintable, printable } from "../modules/text/printable.js";
import type { Redactor } from "./redact.js";

export type Level = "debug" | "info" | "notice" | "warning" | "error";

export const levels: readonly Level[] = Object.freeze<Level[]>(["debug", "info", "notice", "warning", "error"]);

export type LogListener = (level: Level, message: string) => void;

export class Log {
  readonly #print: (line: string) => void;
  readonly #redactor: Redactor;
  readonly #least: number;
  readonly #prefix: string;
  readonly #listeners: LogListener[] = [];

  /**
   * @param print where lines go, one call a line
   * @param least the lowest level that is printed; listeners get every level
   * @param name of the link, put before each line
   */
  constructor(print: (line: string) => void, redactor: Redactor, least: Level, name: string) {
    this.#print = print;
    this.#redactor = redactor;
    this.#least = levels.indexOf(least);
    this.#prefix = name;
  }

  listen(listener: LogListener): void {
    this.#listeners.push(listener);
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
    const line = oneLine(this.#redactor.redact(message));
    if (levels.indexOf(level) >= this.#least) this.#print(`${this.#prefix} ${level}: ${line}`);
    for (const listener of this.#listeners) {
      try {
        listener(level, line);
      } catch (error) {
        const { message } = asFault(error, "application", "listener-threw");
        this.#print(`${this.#prefix} error: a log listener threw: ${oneLine(this.#redactor.redact(message))}`);
      }
    }
  }
}

/** What a server or an error says may hold line breaks and more: it must not write lines of its own. */
function oneLine(text: string): string {
  const line = bounded(text);
  return isPrintable(line) ? line : bounded(printable(line.replace(/[\r\n\t]+/g, " ")));
}

function bounded(text: string): string {
  const kept = cut(text, maxLogLineCharacters);
  return kept === text ? text : `${kept}…`;
}
