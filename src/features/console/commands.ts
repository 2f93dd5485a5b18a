/*
 * Commands: the commands of one device, and how a line becomes a call of one of them. The console, the local shell and
 * support scripts all run their lines here, so that a word means the same everywhere.
 *
 * The rules it guards: a line always ends, within its deadline, with output or with the reason why there is none; its
 * output is bounded; and what ends at once is told by `run` itself, never by a call back from inside it, so that whoever
 * runs line after line goes round a loop and not deeper into the stack (XS has 1,024 slots, and an overflow restarts).
 */

import { Fault } from "../../../modules/fault/fault.js";
import { cut } from "../../../modules/text/cut.js";
import { type Command, commandDeadlineMs, maxCommandOutputCharacters } from "../../command.js";
import type { Core, Feature } from "../../feature.js";
import { ask, tell } from "../../log/guarded.js";
import { inspect } from "../../log/inspect.js";
import { requireObjects } from "../../option-checks.js";
import { deviceCommands } from "./device-commands.js";

/**
 * Evaluates JavaScript that an operator has typed, and returns its value. Whoever passes one gives every operator of the
 * server whatever the evaluator can reach.
 *
 * @param rejected to be called for a promise of that code that was rejected and that nobody handled, whenever the engine
 * notices it
 */
export type Evaluate = (source: string, rejected: (reason: unknown) => void) => unknown;

export interface Run {
  readonly line: string;
  readonly columns: number;
  print(line: string): void;
  /** Comes once, unless `run` has said the end itself or the line was given up. @param ok false: it failed, and has printed why */
  done(ok: boolean): void;
}

/** How a line ended at once: it did what it should, or it failed and has printed why. */
export type Ended = "done" | "failed";

/** What a line calls. */
interface Call {
  /** For the log. */
  readonly name: string;
  readonly body: () => unknown;
  /** Makes a text of what it came to. */
  readonly show: (value: unknown) => string;
}

export class Commands implements Feature {
  private readonly _given: readonly Command[];
  private readonly _commands = new Map<string, Command>();
  private _core: Core | undefined;
  /** What a line that is no command is evaluated with; undefined: it is refused. */
  evaluate: Evaluate | undefined = undefined;

  /** @param commands the application's own; one may stand in for one of ours */
  constructor(commands: readonly Command[] = []) {
    this._given = commands;
  }

  /** @throws Fault of stage "options": "bad-command" */
  install(core: Core): void {
    requireObjects("commands", this._given);
    this._core = core;
    this._add({
      name: "help",
      usage: "[command]",
      help: "What this device can be told",
      run: ({ args, columns, print }) => this._help(args[0], columns, print),
    });
    for (const command of deviceCommands(core)) this._add(command);
    for (const command of this._given) this._add(command);
  }

  /** After all are installed: what the other features can be told. The application's own commands stay. */
  start(): void {
    const { features, log } = this._core!;
    for (const feature of features)
      tell(log, "a feature's commands", () => {
        for (const command of feature.commands?.() ?? [])
          if (!this._given.some(({ name }) => name === command.name)) this._add(command);
      });
  }

  /**
   * @returns how the line ended; or, where its command takes longer, a function that gives it up: nothing is printed any
   *   more, and `done` does not come
   */
  run({ line, columns, print, done }: Run): Ended | (() => void) {
    let ended: Ended | "given up" | undefined;
    let atOnce = true;
    let room = maxCommandOutputCharacters;
    const write = (given: unknown): void => {
      if (ended !== undefined || room < 0) return;
      const text = inspect(given);
      room -= text.length + 2;
      if (room >= 0) print(text);
      else
        print(
          `${cut(text, Math.max(0, text.length + room))}… [cut off after ${maxCommandOutputCharacters} characters]`,
        );
    };
    const end = (how: Ended): void => {
      if (ended !== undefined) return;
      ended = how;
      if (!atOnce) done(how === "done");
    };
    const succeed = (result: string): void => {
      // One more than there is room for: that it was cut is shown.
      const some = cut(result, maxCommandOutputCharacters + 1);
      if (some !== "") for (const text of some.split("\n")) write(text);
      end("done");
    };
    const fail = (reason: string): void => {
      write(`error: ${reason}`);
      end("failed");
    };
    const call = this._call(line, columns, write);
    let callOff: (() => void) | undefined;
    if (typeof call === "string") fail(call);
    else {
      callOff = ask({
        log: this._core!.log,
        name: call.name,
        body: call.body,
        deadline: { timers: this._core!.platform.timers, ms: commandDeadlineMs },
        // Whoever typed it is told.
        level: "info",
        done: (value) => succeed(call.show(value)),
        failed: ({ message }, how) =>
          fail(how === "late" ? `given up after ${commandDeadlineMs / 1000} s; it may still be running` : message),
      });
    }
    atOnce = false;
    if (ended === "done" || ended === "failed") return ended;
    return () => {
      ended ??= "given up";
      callOff?.();
    };
  }

  private _add(command: Command): void {
    if (!isWord(command.name) || typeof command.run !== "function")
      throw new Fault("options", "bad-command", `The command "${command.name}" needs a one-word name and a function.`);
    this._commands.set(command.name, command);
  }

  /** @returns a text: why nothing is called */
  private _call(line: string, columns: number, print: (text: unknown) => void): Call | string {
    const [name = "", ...args] = words(line);
    const command = this._commands.get(name);
    if (command !== undefined)
      return { name: `command "${name}"`, body: () => command.run({ args, columns, print }), show: textIn };
    const evaluate = this.evaluate;
    if (evaluate === undefined)
      return `"${cut(name, 32)}" is not a command of this device, and it evaluates no code. Try "help".`;
    const rejected = (reason: unknown) =>
      this._core!.log.error(`a rejected promise of the prompt was dropped: ${inspect(reason)}`);
    return { name: "evaluate", body: () => evaluate(line, rejected), show: inspect };
  }

  private _help(name: string | undefined, columns: number, print: (text: string) => void): void {
    if (name !== undefined) {
      const command = this._commands.get(name);
      if (command === undefined) throw new Error(`"${cut(name, 32)}" is not a command of this device.`);
      print(`${signature(command)}: ${command.help}`);
      return;
    }
    const all = [...this._commands.values()];
    let width = 0;
    for (const command of all) width = Math.min(24, Math.max(width, signature(command).length));
    for (const command of all) {
      const left = signature(command);
      // On a narrow terminal the explanation gets a line of its own.
      if (left.length > width || columns < width + 20) {
        print(left);
        print(`    ${command.help}`);
      } else print(`${left.padEnd(width)}  ${command.help}`);
    }
    if (this.evaluate !== undefined) print("Anything else is evaluated as JavaScript.");
  }
}

/** Without blanks and quotes, and short. */
const isWord = (name: unknown): boolean => {
  if (typeof name !== "string" || name === "" || name.length > 32) return false;
  for (const character of name) if (character === '"' || character === "'" || character.trim() === "") return false;
  return true;
};

const signature = ({ name, usage }: Command): string => {
  return usage === undefined ? name : `${name} ${usage}`;
};

/** Words between blanks; "…" and '…' hold one together. */
export const words = (line: string): string[] => {
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
};

/** What a command returns is shown where it is text, and else only means that it is done. */
const textIn = (value: unknown): string => {
  return typeof value === "string" ? value : "";
};
