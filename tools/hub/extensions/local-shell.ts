/*
 * local_shell 0.0.1: a second terminal.
 */

import { isText, type Json, member } from "../json.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

/** Lines kept for whoever looks later. */
const scrollback = 1024;

export class LocalShell implements ServerExtension {
  readonly #context: ExtensionContext;
  #output = "";

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
      this.#output = (this.#output + data).split("\n").slice(-scrollback).join("\n");
      this.#context.keep({ output: this.#output });
      this.#context.say(`output: ${data.trimEnd()}`);
    } else this.#context.say(event, payload);
  }
}
