/*
 * Support scripts: text sent to a device under a reference, and its answer if it comes within 15 s.
 */

import { randomBytes } from "node:crypto";
import type { Timer, Timers } from "../../modules/platform/timers.js";
import { ChannelCrash } from "./channel.js";
import { isObject, isText, type Json } from "./json.js";

/** The server forgets a reference after this, ms. */
const answerLimitMs = 15_000;

interface Waiting {
  readonly done: (output: string | undefined) => void;
  readonly timer: Timer;
}

export class Scripts {
  readonly #timers: Timers;
  readonly #waiting = new Map<string, Waiting>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @param send puts text and reference on the wire
   *  @returns what the operator sees, undefined when the device did not answer in time */
  run(text: string, send: (payload: { text: string; ref: string }) => void): Promise<string | undefined> {
    const ref = randomBytes(4).toString("base64").replace(/=+$/, "");
    return new Promise((resolve) => {
      const done = (output: string | undefined) => {
        this.#timers.clear(this.#waiting.get(ref)?.timer);
        this.#waiting.delete(ref);
        resolve(output);
      };
      this.#waiting.set(ref, { done, timer: this.#timers.set(() => done(undefined), answerLimitMs) });
      send({ text, ref });
    });
  }

  /** An answer of the device; unknown, late and repeated references are ignored.
   *  @throws ChannelCrash for an object where text belongs */
  answer(payload: Json): void {
    if (!isObject(payload)) return;
    const { ref, output } = payload;
    const waiting = isText(ref) ? this.#waiting.get(ref) : undefined;
    if (waiting === undefined) return;
    waiting.done(`${textOf(output)}\n${textOf(payload["return"])}`.trim());
  }

  /** The connection is gone: nobody will answer. */
  end(): void {
    for (const { done } of [...this.#waiting.values()]) done(undefined);
  }
}

function textOf(value: Json | undefined): string {
  if (typeof value === "object" && value !== null) throw new ChannelCrash("output and return of a script must be text");
  return value === undefined || value === null ? "" : String(value);
}
