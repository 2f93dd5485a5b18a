/*
 * local_shell 0.0.1: a second terminal on the device's page. There is no Unix shell on a microcontroller; what answers
 * is the command table of the console.
 */

import type { Terminal, TerminalOptions } from "../console/terminal.js";
import type { Extension, ExtensionPort } from "../extensions/extension.js";

export class LocalShell implements Extension {
  readonly key = "local_shell";
  readonly versions = ["0.0.1"];
  readonly names = ["data", "rows", "cols", "height", "width", "signal"];
  private readonly _terminal: Terminal;
  private _port: ExtensionPort | undefined;
  private _running = false;

  /** @param open makes the terminal, given what shows its text */
  constructor(open: (send: TerminalOptions["send"]) => Terminal) {
    this._terminal = open((data) => this._port?.send("shell_output", { data }) ?? false);
  }

  attached(port: ExtensionPort): void {
    this._port = port;
  }

  event(event: string, payload: unknown): void {
    const { data, cols, width } = (typeof payload === "object" && payload !== null ? payload : {}) as {
      data?: unknown;
      cols?: unknown;
      width?: unknown;
    };
    if (event === "request_shell") {
      this._running = true;
      this._port?.send("request_status", { status: "started" });
      this._terminal.begin();
    } else if (event === "window_size") this._terminal.resize(cols ?? width);
    else if (event === "shell_input" && this._running && typeof data === "string") this._terminal.input(data);
    else if (event === "kill_shell" && this._running) {
      this._running = false;
      this._terminal.end();
      this._port?.send("shell_exited", { exit_code: 0 });
    }
  }

  detached(): void {
    this._port = undefined;
    this._running = false;
    this._terminal.end();
  }
}
