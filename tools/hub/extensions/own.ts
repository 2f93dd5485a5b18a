/*
 * An extension of one's own, which the hub was told to offer and knows nothing of: its events are shown, and the last one is
 * kept, so that it is seen working. A real server has to implement it.
 */

import type { Json } from "../json.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

export class OwnExtension implements ServerExtension {
  readonly #context: ExtensionContext;

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  attached(): void {}

  detached(): void {}

  receive(event: string, payload: Json): void {
    this.#context.keep({ event, payload });
    this.#context.say(`${event} ${JSON.stringify(payload)}`, payload);
  }
}
