/*
 * Console: the terminal on the device's page. A remote control, which an application switches on by passing it.
 */

import type { ChannelHandler } from "../../connection/channel-handler.js";
import type { Core, Feature } from "../../feature.js";
import { consoleTopic } from "../../protocol.js";
import { Commands } from "./commands.js";
import { ConsoleChannel, consoleNames } from "./console-channel.js";

export class Console implements Feature {
  readonly names = consoleNames;
  private _core: Core | undefined;

  install(core: Core): void {
    this._core = core;
    core.feature(Commands);
  }

  channel(): ChannelHandler {
    return new ConsoleChannel(this._core!);
  }

  online(): void {
    this._core!.join(consoleTopic);
  }
}
