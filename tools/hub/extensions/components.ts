/*
 * components 0.0.1: the device's hardware topology, and the results of actions and modes that an operator asked for. A
 * result makes the server ask for fresh metrics and health (NervesHub, lib/nerves_hub/extensions/components.ex).
 */

import { cut } from "../../../modules/text/cut.js";
import { isObject, isText, type Json } from "../json.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

const resultKeys = ["ref", "component", "action", "mode", "value", "status", "output"];
const resultLength = 8192;

export class Components implements ServerExtension {
  readonly #context: ExtensionContext;

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  attached(): void {
    this.#context.push("request", {});
  }

  detached(): void {}

  receive(event: string, payload: Json): void {
    if (event === "report") {
      this.#context.keep(payload);
      this.#context.say("topology reported", payload);
      return;
    }
    if (event !== "action:result" && event !== "mode:result") {
      this.#context.say(`unknown event ${event}`, payload);
      return;
    }
    if (!isObject(payload)) return;
    const bounded = resultKeys
      .filter((key) => isText(payload[key]))
      .map((key) => [key, cut(payload[key] as string, resultLength)] as const);
    this.#context.say(event, Object.fromEntries(bounded));
    this.#context.refresh("metrics");
    this.#context.refresh("health");
  }
}
