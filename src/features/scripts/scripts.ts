/*
 * Scripts: runs an operator's support scripts and connecting code (`scripts/run`), line by line, as Commands.
 *
 * The rules it guards: every script is answered once, with output or with the reason of a refusal, before the server forgets
 * it after 15 s; the answer is never the text "nil", which means a failure to the server.
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
/** Retries of an answer while the send queue is full: together with the script's deadline at most 14 of the server's 15 s. */
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
    // A script without a usable ref cannot be answered.
    if (typeof ref !== "string" || ref === "" || ref.length > maxScriptRefCharacters) return;
    const answer = (ok: boolean, output: string): void => this._answer({ ref, ok, output }, answerAttempts);
    const decline = (output: string): void => answer(false, output);
    if (typeof text !== "string" || text.length > maxScriptCharacters)
      decline(`This device takes scripts of up to ${maxScriptCharacters} characters.`);
    else if (this._running >= maxScripts) decline(`This device is busy with ${maxScripts} other scripts.`);
    else this._start(linesOf(text), this._commands!, answer);
  }

  /** Sends the answer. The operator sees `output`, then `return`, which stays empty, since a script has no value. */
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

/** The lines of a script without blank lines and comments. */
const linesOf = (text: string): string[] => {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("//"));
};
