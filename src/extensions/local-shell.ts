/*
 * local_shell 0.0.1: a second terminal on the device's page. There is no Unix shell on a microcontroller; what answers
 * is the command table of the console.
 */

import type { Terminal, TerminalOptions } from "../console/terminal.js";
import type { Extension, ExtensionPort } from "./extension.js";

export class LocalShell implements Extension {
  readonly key = "local_shell";
  readonly versions = ["0.0.1"];
  readonly names = ["data", "rows", "cols", "height", "width", "signal"];
  readonly #terminal: Terminal;
  #port: ExtensionPort | undefined;
  #running = false;

  /** @param open makes the terminal, given what shows its text */
  constructor(open: (send: TerminalOptions["send"]) => Terminal) {
    this.#terminal = open((data) => this.#port?.send("shell_output", { data }) ?? false);
  }

  attached(port: ExtensionPort): void {
    this.#port = port;
  }

  event(event: string, payload: unknown): void {
    const { data, cols, width } = (typeof payload === "object" && payload !== null ? payload : {}) as {
      data?: unknown;
      cols?: unknown;
      width?: unknown;
    };
    if (event === "request_shell") {
      this.#running = true;
      this.#port?.send("request_status", { status: "started" });
      this.#terminal.begin();
    } else if (event === "window_size") this.#terminal.resize(cols ?? width);
    else if (event === "shell_input" && this.#running && typeof data === "string") this.#terminal.input(data);
    else if (event === "kill_shell" && this.#running) {
      this.#running = false;
      this.#terminal.end();
      this.#port?.send("shell_exited", { exit_code: 0 });
    }
  }

  detached(): void {
    this.#port = undefined;
    this.#running = false;
    this.#terminal.end();
  }
}
