/*
 * The console topic: a terminal in the browser, served by the device's commands.
 *
 * The rule it guards: only `up` is ever pushed, with text: this channel has no catch-all on the server, and anything else
 * ends it there.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import { cut } from "../../../modules/text/cut.js";
import { printable } from "../../../modules/text/printable.js";
import type { ChannelHandler, Pusher } from "../../connection/channel-handler.js";
import { maxFeatureBacklogBytes } from "../../connection/device-pusher.js";
import type { Core } from "../../feature.js";
import { consoleTopic } from "../../protocol.js";
import { Terminal, terminalOptions } from "./terminal.js";

/** What the browser's file drop and terminal need; of the version nothing else depends. */
const consoleVersion = "2.0.0";

/** Property names of what the server pushes here. */
export const consoleNames: readonly string[] = Object.freeze(["data", "height", "width", "filename"]);

export class ConsoleChannel implements ChannelHandler {
  readonly topic = consoleTopic;
  private readonly _terminal: Terminal;
  private _pusher: Pusher | undefined;

  constructor(core: Core) {
    this._terminal = new Terminal({
      ...terminalOptions(core),
      send: (data) => core.bufferedBytes <= maxFeatureBacklogBytes && this._pusher?.push("up", { data }) !== undefined,
    });
  }

  joinPayload(): object {
    return { console_version: consoleVersion };
  }

  joined(_response: unknown, pusher: Pusher): void {
    this._pusher = pusher;
    this._terminal.begin();
  }

  message(event: string, payload: unknown): void {
    const { data, width, filename } = fieldsOf(payload);
    if (event === "dn" && typeof data === "string") this._terminal.input(data);
    else if (event === "window_size") this._terminal.resize(width);
    else if (event === "restart") this._terminal.begin();
    else if (event === "file-data/start") {
      this._terminal.notice(`This device takes no files; ${fileName(filename)} was thrown away.`);
    }
  }

  left(): void {
    this._pusher = undefined;
    this._terminal.end();
  }
}

/** The name is a stranger's text: its last path component, without what a terminal would obey, and short. */
const fileName = (filename: unknown): string => {
  if (typeof filename !== "string") return "it";
  const last = filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
  return `"${printable(cut(last, 64))}"`;
};
