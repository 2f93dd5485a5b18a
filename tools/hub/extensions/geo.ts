/*
 * geo 0.0.1: asks for the position, once or every so often, and stores whatever object comes, as the real server does.
 */

import type { Timer } from "../../../modules/platform/timers.js";
import { isObject, type Json, sizeOf } from "../json.js";
import { maxFactBytes } from "../limits.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

export class Geo implements ServerExtension {
  readonly #context: ExtensionContext;
  #timer: Timer | undefined;

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  attached(): void {
    const { timers, geoIntervalMs } = this.#context;
    this.#ask();
    if (geoIntervalMs > 0) this.#timer ??= timers.repeat(() => this.#ask(), geoIntervalMs);
  }

  detached(): void {
    this.#context.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  receive(event: string, payload: Json): void {
    if (event !== "location:update" || !isObject(payload) || sizeOf(payload, maxFactBytes) === undefined) {
      this.#context.say(`unusable event ${event}`);
      return;
    }
    this.#context.device.connection.location = payload;
    this.#context.keep(payload);
    const { latitude, longitude, error_code: error } = payload;
    this.#context.say(error === undefined ? `position ${latitude}, ${longitude}` : `no position: ${error}`, payload);
  }
  #ask(): void {
    this.#context.push("location:request", {});
  }
}
