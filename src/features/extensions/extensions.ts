/*
 * Extensions: the extensions of one link, ours and the application's, with their state. It outlives connections, and makes an
 * ExtensionsChannel for each connection.
 */

import { Fault } from "../../../modules/fault/fault.js";
import type { Command } from "../../command.js";
import type { ChannelHandler } from "../../connection/channel-handler.js";
import type { Core, Feature } from "../../feature.js";
import { requireObjects } from "../../option-checks.js";
import { fromServer } from "../../protocol.js";
import type { Extension } from "./extension.js";
import { ExtensionsChannel, type ExtensionsOfLink } from "./extensions-channel.js";

export class Extensions implements Feature, ExtensionsOfLink {
  readonly byKey = new Map<string, Extension>();
  private readonly _leftOut = new Set<string>();
  private readonly _given: readonly Extension[];
  private _core: Core | undefined;
  private _channel: ExtensionsChannel | undefined;

  /** @param extensions the application's extensions */
  constructor(extensions: readonly Extension[] = []) {
    this._given = extensions;
  }

  /** @throws Fault of stage "options": "bad-extension" */
  install(core: Core): void {
    this._core = core;
    for (const extension of requireObjects("extensions", this._given)) this.add(extension);
  }

  /** @throws Fault of stage "options": "bad-extension" */
  add(extension: Extension): void {
    const { key } = extension;
    const wrong =
      typeof key !== "string" || !isKey(key)
        ? "has a key that is not lower-case letters, digits and _"
        : this.byKey.has(key)
          ? "is there twice"
          : whatIsWrong(extension);
    if (wrong !== undefined) throw new Fault("options", "bad-extension", `Extension "${String(key)}" ${wrong}.`);
    this.byKey.set(key, extension);
  }

  /** Property names in payloads: the keys, which `extensions:get` uses, and the names that each extension declares. */
  get names(): readonly string[] {
    const names: string[] = [];
    for (const { key, names: own = [] } of this.byKey.values()) names.push(key, ...own);
    return names;
  }

  channel(): ChannelHandler {
    const { log, platform } = this._core!;
    this._channel = new ExtensionsChannel(this, log, platform.timers, this._core!);
    return this._channel;
  }

  online(): void {
    this._channel?.deviceJoined();
  }

  message(event: string, payload: unknown): boolean {
    if (event !== fromServer.extensionsGet) return false;
    this._channel?.asked(payload);
    return true;
  }

  offline(): void {
    this._channel?.deviceLeft();
  }

  close(): void {
    this._channel?.deviceLeft();
  }

  commands(): Command[] {
    return [
      {
        name: "extensions",
        help: "What the server uses of this device",
        run: ({ print }) => {
          for (const key of this.byKey.keys())
            print(`${key.padEnd(18)}${this._channel?.versionOf(key) ?? "not attached"}`);
        },
      },
    ];
  }

  /** The server does not use an extension. @returns true when that is new, since the extension was attached last */
  leftOut(key: string): boolean {
    if (this._leftOut.has(key)) return false;
    this._leftOut.add(key);
    return true;
  }

  nowAttached(key: string): void {
    this._leftOut.delete(key);
  }
}

const isKey = (key: string): boolean => {
  if (key === "" || key.length > 64) return false;
  for (const character of key)
    if (!((character >= "a" && character <= "z") || (character >= "0" && character <= "9") || character === "_"))
      return false;
  return key[0] >= "a" && key[0] <= "z";
};

const whatIsWrong = ({ versions, names = [], ready, attached, event, detached }: Extension): string | undefined => {
  if (!areTexts(versions) || versions.length === 0) return "has no list of versions";
  if (!areTexts(names)) return "has names that are not a list of texts";
  const isFunction = (given: unknown): boolean => typeof given === "function";
  if (![attached, event, detached].every(isFunction)) return "lacks one of the functions attached, event and detached";
  return ready === undefined || isFunction(ready) ? undefined : "has a ready that is no function";
};

const areTexts = (list: unknown): list is readonly string[] => {
  return Array.isArray(list) && list.every((text) => typeof text === "string" && text !== "");
};
