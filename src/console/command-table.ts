/*
 * CommandTable: the commands of one device, and how a line becomes a call of one of them. The console, the local shell and
 * support scripts all run their lines here, so that a word means the same everywhere.
 *
 * The rules it guards: a line always ends, within its deadline, with output or with the reason why there is none; and its
 * output is bounded.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { Timers } from "../../modules/host/timers.js";
import { commandDeadlineMs, maxCommandOutputCharacters } from "../../modules/limits/limits.js";
import type { Command, Evaluate } from "./command.js";

export interface Run {
  readonly line: string;
  readonly columns: number;
  print(line: string): void;
  /** Comes once, possibly from inside `run`. @param ok false: it failed, and has printed why */
  done(ok: boolean): void;
}

export class CommandTable {
  readonly #timers: Timers;
  readonly #commands = new Map<string, Command>();
  readonly #evaluate: Evaluate | undefined;

  /** @throws Fault of stage "options", code "bad-command" */
  constructor(timers: Timers, commands: readonly Command[], evaluate: Evaluate | undefined) {
    this.#timers = timers;
    this.#evaluate = evaluate;
    this.#commands.set("help", {
      name: "help",
      usage: "[command]",
      help: "What this device can be told",
      run: ({ args, columns, print }) => this.#help(args[0], columns, print),
    });
    for (const command of commands) {
      if (!/^[^\s"']{1,32}$/.test(command.name) || typeof command.run !== "function")
        throw new Fault(
          "options",
          "bad-command",
          `The command "${command.name}" needs a one-word name and a function.`,
        );
      // An application's command may stand in for one of ours.
      this.#commands.set(command.name, command);
    }
  }

  /** @returns a function that gives the line up: nothing is printed any more, and `done` does not come */
  run({ line, columns, print, done }: Run): () => void {
    let ended = false;
    let room = maxCommandOutputCharacters;
    const write = (text: string): void => {
      if (ended || room <= 0) return;
      room -= text.length + 2;
      if (room > 0) print(text);
      else
        print(
          `${text.slice(0, Math.max(0, text.length + room))}… [cut off after ${maxCommandOutputCharacters} characters]`,
        );
    };
    const end = (ok: boolean): void => {
      if (ended) return;
      ended = true;
      this.#timers.clear(deadline);
      done(ok);
    };
    const succeed = (result: unknown): void => {
      if (typeof result === "string" && result !== "") for (const text of result.split("\n")) write(text);
      end(true);
    };
    const fail = (error: unknown): void => {
      write(`error: ${asFault(error, "application", "command-failed").message}`);
      end(false);
    };
    const deadline = this.#timers.set(
      () => fail(new Error(`given up after ${commandDeadlineMs / 1000} s; it may still be running`)),
      commandDeadlineMs,
    );
    try {
      const result = this.#call(line, columns, write);
      if (result instanceof Promise) result.then(succeed, fail);
      else succeed(result);
    } catch (error) {
      fail(error);
    }
    return () => {
      ended = true;
      this.#timers.clear(deadline);
    };
  }

  #call(line: string, columns: number, print: (text: string) => void): unknown {
    const [name = "", ...args] = words(line);
    const command = this.#commands.get(name);
    if (command !== undefined) return command.run({ args, columns, print });
    if (this.#evaluate === undefined) {
      throw new Error(`"${name.slice(0, 32)}" is not a command of this device, and it evaluates no code. Try "help".`);
    }
    const value = this.#evaluate(line);
    return value instanceof Promise ? value.then(inspect) : inspect(value);
  }

  #help(name: string | undefined, columns: number, print: (text: string) => void): void {
    if (name !== undefined) {
      const command = this.#commands.get(name);
      if (command === undefined) throw new Error(`"${name.slice(0, 32)}" is not a command of this device.`);
      print(`${signature(command)}: ${command.help}`);
      return;
    }
    const all = [...this.#commands.values()];
    const width = Math.min(24, Math.max(...all.map((command) => signature(command).length)));
    for (const command of all) {
      const left = signature(command);
      // On a narrow terminal the explanation gets a line of its own.
      if (left.length > width || columns < width + 20) {
        print(left);
        print(`    ${command.help}`);
      } else print(`${left.padEnd(width)}  ${command.help}`);
    }
    if (this.#evaluate !== undefined) print("Anything else is evaluated as JavaScript.");
  }
}

function signature({ name, usage }: Command): string {
  return usage === undefined ? name : `${name} ${usage}`;
}

/** Words between blanks; "…" and '…' hold one together. */
export function words(line: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const character of line) {
    if (quote !== "") {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (character === " " || character === "\t") {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (word !== undefined) found.push(word);
  return found;
}

/** A value for people to read. */
function inspect(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "function") return "[function]";
  if (typeof value === "object" && value !== null && !(value instanceof Error)) {
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return "[an object that cannot be shown]";
    }
  }
  return String(value);
}
