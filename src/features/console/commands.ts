/*
 * Commands: the commands of one device, and the call of one from a line. The console, the local shell and support scripts all
 * run their lines here, so that a command means the same everywhere.
 *
 * The rules it guards: a line always ends within its deadline, with output or with the reason why there is none; its output is
 * bounded; `run` returns the end of a line that ends at once, and never calls `done` for it, so that a caller runs many lines
 * in a loop and not by recursion (the XS stack has 1,024 slots, and an overflow restarts the device).
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
 * Evaluates JavaScript that an operator has typed, and returns its value. It gives every operator of the server access to
 * everything that the evaluator can reach.
 *
 * @param rejected called for an unhandled rejection in that code, whenever the engine notices it
 */
export type Evaluate = (source: string, rejected: (reason: unknown) => void) => unknown;

export interface Run {
  readonly line: string;
  readonly columns: number;
  print(line: string): void;
  /** Called once, unless `run` returned the end or the line was given up. @param ok false when it failed and printed why */
  done(ok: boolean): void;
}

/** The end of a line: "failed" after it has printed the reason. */
export type CommandEnd = "done" | "failed";

/** The function that a line calls. */
interface Call {
  /** Its name in the log. */
  readonly name: string;
  readonly body: () => unknown;
  /** Makes a text of its result. */
  readonly show: (value: unknown) => string;
}

export class Commands implements Feature {
  private readonly _given: readonly Command[];
  private readonly _commands = new Map<string, Command>();
  private _core: Core | undefined;
  /** Evaluates a line that is no command; undefined to refuse such lines. */
  evaluate: Evaluate | undefined = undefined;

  /** @param commands the application's commands; one may replace a command of ours by its name */
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

  /** Adds the commands of the other features, which are all installed by now. The application's commands take precedence. */
  start(): void {
    const { features, log } = this._core!;
    for (const feature of features)
      tell(log, "a feature's commands", () => {
        for (const command of feature.commands?.() ?? [])
          if (!this._given.some(({ name }) => name === command.name)) this._add(command);
      });
  }

  /**
   * Runs a line.
   * @returns the end of the line; or, while its command is still running, a function that gives the line up: then nothing more
   *   is printed, and `done` is not called
   */
  run({ line, columns, print, done }: Run): CommandEnd | (() => void) {
    let ended: CommandEnd | "given up" | undefined;
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
    const end = (how: CommandEnd): void => {
      if (ended !== undefined) return;
      ended = how;
      if (!atOnce) done(how === "done");
    };
    const succeed = (result: string): void => {
      // One character more than there is room for, so that `write` shows the cut.
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
        // The operator who typed the line sees the failure.
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

  /** Finds the function that a line calls. @returns a text when there is none: the reason */
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

/** Whether a name is one word: up to 32 characters without blanks and quotes. */
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

/** The text that a command returned; empty for any other value, which only means done. */
const textIn = (value: unknown): string => {
  return typeof value === "string" ? value : "";
};
