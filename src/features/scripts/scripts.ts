/*
 * Support scripts and connecting code (`scripts/run`): text of an operator, run line by line through the command table.
 *
 * The rules it guards: every script is answered, once, before the server forgets it after 15 s, with output or with a
 * refusal in words; and never with the text "nil", by which the server tells a failure.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import { cut } from "../../../modules/text/cut.js";
import { commandDeadlineMs, maxCommandOutputCharacters } from "../../command.js";
import { maxScriptRefCharacters } from "../../device/device-channel.js";
import type { Core, Feature } from "../../feature.js";
import { fromServer, toServer } from "../../protocol.js";
import { Commands } from "../console/commands.js";

/** Characters and lines of a script. */
export const maxScriptCharacters = 8192;
export const maxScriptLines = 100;
/** Scripts that run or wait at one time; more are refused in words. */
export const maxScripts = 4;

const columns = 80;
/** Where the send queue is full; with the deadline of the run that makes 14 of the server's 15 s. */
const answerRetryMs = 500;
const answerAttempts = 8;

export class Scripts implements Feature {
  private _core: Core | undefined;
  private _commands: Commands | undefined;
  private _running = 0;

  install(core: Core): void {
    this._core = core;
    this._commands = core.feature(Commands);
  }

  message(event: string, payload: unknown): boolean {
    if (event !== fromServer.scriptsRun) return false;
    this._run(payload);
    return true;
  }

  private _run(payload: unknown): void {
    const { text, ref } = fieldsOf(payload);
    // Without its reference there is nobody to answer.
    if (typeof ref !== "string" || ref === "" || ref.length > maxScriptRefCharacters) return;
    const answer = (ok: boolean, output: string): void => this._answer({ ref, ok, output }, answerAttempts);
    const decline = (output: string): void => answer(false, output);
    if (typeof text !== "string" || text.length > maxScriptCharacters)
      decline(`This device takes scripts of up to ${maxScriptCharacters} characters.`);
    else if (this._running >= maxScripts) decline(`This device is busy with ${maxScripts} other scripts.`);
    else this._start(linesOf(text), this._commands!, answer);
  }

  /** The operator sees `output`, then `return`, which stays empty: there is no value that it could be mistaken for. */
  private _answer(given: { ref: string; ok: boolean; output: string }, attempts: number): void {
    const { ref, ok, output } = given;
    const payload = { ref, result: ok ? "completed" : "error", output, return: "" };
    if (this._core!.push(toServer.scriptsRun, payload) !== undefined || attempts <= 1) return;
    this._core!.platform.timers.set(() => this._answer(given, attempts - 1), answerRetryMs);
  }

  private _start(lines: string[], commands: Commands, finished: (ok: boolean, output: string) => void): void {
    if (lines.length > maxScriptLines) {
      finished(false, `This device takes scripts of up to ${maxScriptLines} lines.`);
      return;
    }
    this._running++;
    const output: string[] = [];
    let room = maxCommandOutputCharacters;
    let giveUp: (() => void) | undefined;
    let ended = false;
    const end = (ok: boolean): void => {
      if (ended) return;
      ended = true;
      this._running--;
      this._core!.platform.timers.clear(deadline);
      giveUp?.();
      finished(ok, output.join("\n"));
    };
    const deadline = this._core!.platform.timers.set(() => {
      output.push(`error: the script was given up after ${commandDeadlineMs / 1000} s`);
      end(false);
    }, commandDeadlineMs);
    const print = (text: string): void => {
      if (room < 0) return;
      room -= text.length + 1;
      output.push(room >= 0 ? text : `${cut(text, Math.max(0, text.length + room))}… [cut off]`);
    };
    // The first line that fails ends the script, as in a shell with -e.
    const goOn = (from: number): void => {
      for (let at = from; at < lines.length; at++) {
        const line = lines[at];
        const state = commands.run({ line, columns, print, done: (ok) => (ok ? goOn(at + 1) : end(false)) });
        if (typeof state === "function") {
          giveUp = state;
          return;
        }
        if (state === "failed") {
          end(false);
          return;
        }
      }
      end(true);
    };
    goOn(0);
  }
}

/** Without blank lines and comments. */
const linesOf = (text: string): string[] => {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("//"));
};
