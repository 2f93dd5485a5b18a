/*
 * ConsoleChannel: the handler of the console topic, which connects a terminal in the browser with the device's commands.
 *
 * The rule it guards: only `up` is ever pushed, with text. The server's channel has no catch-all clause, and any other event
 * ends its process.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import { cut } from "../../../modules/text/cut.js";
import { printable } from "../../../modules/text/printable.js";
import type { ChannelHandler, Pusher } from "../../connection/channel-handler.js";
import { maxFeatureBacklogBytes } from "../../connection/device-pusher.js";
import type { Core } from "../../feature.js";
import { consoleTopic } from "../../protocol.js";
import { Terminal, terminalOptions } from "./terminal.js";

/** The version that the browser's terminal and file drop need; nothing else depends on it. */
const consoleVersion = "2.0.0";

/** Property names in the server's messages on this topic. */
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

/** A file name that is safe to show: the last path component, printable and cut, since an operator's browser sent it. */
const fileName = (filename: unknown): string => {
  if (typeof filename !== "string") return "it";
  const last = filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
  return `"${printable(cut(last, 64))}"`;
};
