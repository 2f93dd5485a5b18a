/*
 * local_shell 0.0.1: a second terminal on the device's page. A microcontroller has no Unix shell, so the terminal runs the
 * same Commands as the console.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import type { Core, Feature } from "../../feature.js";
import { Terminal, terminalOptions } from "../console/terminal.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";

export class LocalShell implements Feature, Extension {
  readonly key = "local_shell";
  readonly versions = ["0.0.1"];
  readonly names = ["data", "rows", "cols", "height", "width", "signal"];
  private _terminal: Terminal | undefined;
  private _attachment: Attachment | undefined;
  private _running = false;

  install(core: Core): void {
    this._terminal = new Terminal({
      ...terminalOptions(core),
      send: (data) => this._attachment?.send("shell_output", { data }) ?? false,
    });
    core.feature(Extensions).add(this);
  }

  attached(attachment: Attachment): void {
    this._attachment = attachment;
  }

  event(event: string, payload: unknown): void {
    const { data, cols, width } = fieldsOf(payload);
    if (event === "request_shell") {
      this._running = true;
      this._attachment?.send("request_status", { status: "started" });
      this._terminal?.begin();
    } else if (event === "window_size") this._terminal?.resize(cols ?? width);
    else if (event === "shell_input" && this._running && typeof data === "string") this._terminal?.input(data);
    else if (event === "kill_shell" && this._running) {
      this._running = false;
      this._terminal?.end();
      this._attachment?.send("shell_exited", { exit_code: 0 });
    }
  }

  detached(): void {
    this._attachment = undefined;
    this._running = false;
    this._terminal?.end();
  }
}
