/*
 * local_shell 0.0.1: a second terminal.
 */

import { isText, type Json, member } from "../json.js";
import { Scrollback } from "../scrollback.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

export class LocalShell implements ServerExtension {
  readonly #context: ExtensionContext;
  readonly #scrollback = new Scrollback();

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  attached(): void {
    this.#context.push("request_shell", {});
  }

  detached(): void {}

  receive(event: string, payload: Json): void {
    const data = member(payload, "data");
    if (event === "shell_output" && isText(data)) {
      this.#scrollback.add(data);
      this.#context.keep({ output: this.#scrollback.text });
      this.#context.say(`output: ${data.trimEnd()}`);
    } else this.#context.say(event, payload);
  }
}
