/*
 * geo 0.0.1: asks once for the position and stores whatever object comes, as the real server does.
 */

import { isObject, type Json } from "../json.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

export class Geo implements ServerExtension {
  readonly #context: ExtensionContext;

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  attached(): void {
    this.#context.push("location:request", {});
  }

  detached(): void {}

  receive(event: string, payload: Json): void {
    if (event !== "location:update" || !isObject(payload)) {
      this.#context.say(`unusable event ${event}`);
      return;
    }
    this.#context.device.connection.location = payload;
    this.#context.keep(payload);
    const { latitude, longitude, error_code: error } = payload;
    this.#context.say(error === undefined ? `position ${latitude}, ${longitude}` : `no position: ${error}`, payload);
  }
}
