/*
 * ExtensionsChannel: the handler of the extensions topic. It decides when to join and with which versions, and attaches and
 * detaches extensions (nerves_hub_web, docs/extensions_protocol.md).
 *
 * The rules it guards: nothing is sent for an extension before its `<key>:attached`; what one extension throws affects no
 * other; extensions wait while the socket has more than `maxFeatureBacklogBytes` to send.
 */

import type { Timer, Timers } from "../../../modules/platform/timers.js";
import type { ChannelHandler, Pusher } from "../../connection/channel-handler.js";
import { maxFeatureBacklogBytes } from "../../connection/device-pusher.js";
import type { Core } from "../../feature.js";
import { ask, type LastFailure, take, tell, yesOrNo } from "../../log/guarded.js";
import type { Log } from "../../log/log.js";
import { extensionsTopic } from "../../protocol.js";
import type { Attachment, Extension } from "./extension.js";
import { chooseVersion, namesIn, type Offered, offeredVersions } from "./negotiation.js";

/** Without `extensions:get` the topic is joined this long after the device topic (docs/extensions_protocol.md). */
const unaskedJoinMs = 5000;
/** How often an extension that was not ready is asked again. */
const readyIntervalMs = 5000;

/** The extensions of a link, with their state. */
export interface ExtensionsOfLink {
  readonly byKey: ReadonlyMap<string, Extension>;
  /** The server does not use an extension. @returns true when that is new, since the extension was attached last */
  leftOut(key: string): boolean;
  nowAttached(key: string): void;
}

export class ExtensionsChannel implements ChannelHandler {
  readonly topic = extensionsTopic;
  private readonly _extensions: ExtensionsOfLink;
  private readonly _log: Log;
  private readonly _timers: Timers;
  private readonly _connection: Pick<Core, "join" | "bufferedBytes">;
  private _offered: Offered;
  /** Versions in the last join payload, by key. */
  private _wanted = new Map<string, string>();
  /** Attached extensions by key. */
  private readonly _attached = new Map<string, ChannelAttachment>();
  /** Extensions by key that the server granted and that are not ready yet; each value holds how `ready` failed. */
  private readonly _waiting = new Map<string, LastFailure>();
  private _pusher: Pusher | undefined;
  private _joinTimer: Timer | undefined;
  private _readyTimer: Timer | undefined;

  constructor(
    extensions: ExtensionsOfLink,
    log: Log,
    timers: Timers,
    connection: Pick<Core, "join" | "bufferedBytes">,
  ) {
    this._extensions = extensions;
    this._log = log;
    this._timers = timers;
    this._connection = connection;
  }

  /** The device topic is joined: waits for `extensions:get`, and joins without it after `unaskedJoinMs`. */
  deviceJoined(): void {
    this._timers.clear(this._joinTimer);
    this._joinTimer = this._timers.set(() => this._join(), unaskedJoinMs);
  }

  /** @returns the version in use, undefined while the extension is not attached */
  versionOf(key: string): string | undefined {
    return this._attached.get(key)?.version;
  }

  deviceLeft(): void {
    this._timers.clear(this._joinTimer);
    this._joinTimer = undefined;
  }

  /** The server sent `extensions:get`: joins. */
  asked(payload: unknown): void {
    this.deviceLeft();
    this._offered = offeredVersions(payload, this._extensions.byKey.keys());
    this._join();
  }

  joinPayload(): object {
    const payload: Record<string, string> = {};
    this._wanted.clear();
    for (const extension of this._extensions.byKey.values()) {
      const version = chooseVersion(extension, this._offered);
      if (version === undefined) {
        this._leftOut(extension.key);
        continue;
      }
      payload[extension.key] = version;
      this._wanted.set(extension.key, version);
    }
    return payload;
  }

  joined(response: unknown, pusher: Pusher): void {
    this._pusher = pusher;
    const granted: readonly unknown[] = Array.isArray(response) ? response : [];
    for (const key of this._wanted.keys()) {
      if (granted.includes(key)) this._attach(key);
      else this._leftOut(key);
    }
  }

  message(event: string, payload: unknown): void {
    if (event === "attach") for (const key of namesIn(payload, this._wanted.keys())) this._attach(key);
    else if (event === "detach") for (const key of namesIn(payload, this._wanted.keys())) this._switchedOff(key);
    else {
      const colon = event.indexOf(":");
      const key = event.slice(0, Math.max(colon, 0));
      const extension = this._attached.has(key) ? this._extensions.byKey.get(key) : undefined;
      // Requests of the device's page also arrive for extensions that are not attached; they are ignored.
      if (extension !== undefined) this._tell(key, "event", () => extension.event(event.slice(colon + 1), payload));
    }
  }

  reply(ref: string, status: string, response: unknown): void {
    if (status !== "error" || response !== "detach") return;
    for (const [key, { lastRef }] of this._attached) {
      if (lastRef !== ref) continue;
      this._detach(key);
      this._log.info(`The server refused extension "${key}"; it is offered again on the next connection.`);
      return;
    }
  }

  left(): void {
    this._timers.clear(this._readyTimer);
    this._readyTimer = undefined;
    this._pusher = undefined;
    this._waiting.clear();
    for (const key of [...this._attached.keys()]) this._detach(key);
  }

  private _join(): void {
    this._joinTimer = undefined;
    for (const extension of this._extensions.byKey.values()) {
      if (chooseVersion(extension, this._offered) === undefined) continue;
      this._connection.join(this.topic);
      return;
    }
  }

  /** Logs that the server does not use an extension. Only once, since the same happens with every connection. */
  private _leftOut(key: string): void {
    if (this._extensions.leftOut(key)) this._log.info(`The server does not use extension "${key}" of this device.`);
  }

  private _attach(key: string): void {
    const extension = this._extensions.byKey.get(key);
    const version = this._wanted.get(key);
    if (extension === undefined || version === undefined) return;
    if (this._attached.has(key)) {
      this._push(key, "attached", {});
      return;
    }
    const lastFailure = this._waiting.get(key) ?? {};
    const ready = (): unknown => (extension.ready === undefined ? true : extension.ready());
    const isReady = take(this._log, nameOf(key, "ready"), ready, yesOrNo, lastFailure) === true;
    // The extension's `ready` may have closed the link.
    if (this._pusher === undefined) return;
    const ref = isReady ? this._push(key, "attached", {}) : undefined;
    if (ref === undefined) {
      this._wait(key, lastFailure);
      return;
    }
    this._waiting.delete(key);
    this._start(extension, new ChannelAttachment(this, key, version, ref));
  }

  /** Sends for an attachment. @returns false when the attachment has ended or the socket is backed up; nothing was sent then */
  send(attachment: Attachment, key: string, event: string, payload: object): boolean {
    return (
      this._attached.get(key) === attachment &&
      this._connection.bufferedBytes <= maxFeatureBacklogBytes &&
      this._push(key, event, payload) !== undefined
    );
  }

  private _start(extension: Extension, attachment: ChannelAttachment): void {
    const { key } = extension;
    this._attached.set(key, attachment);
    this._extensions.nowAttached(key);
    ask({
      log: this._log,
      name: nameOf(key, "attached"),
      body: () => extension.attached(attachment),
      done: () => {},
      failed: () => {
        if (this._attached.get(key) !== attachment) return;
        this._detach(key);
        this._push(key, "error", { reason: "The extension failed when it was attached; the device's log says why." });
      },
    });
  }

  private _wait(key: string, lastFailure: LastFailure): void {
    this._waiting.set(key, lastFailure);
    this._readyTimer ??= this._timers.set(() => {
      this._readyTimer = undefined;
      for (const waiting of [...this._waiting.keys()]) this._attach(waiting);
    }, readyIntervalMs);
  }

  private _switchedOff(key: string): void {
    if (!this._extensions.byKey.has(key)) return;
    this._waiting.delete(key);
    this._detach(key);
    this._push(key, "detached", {});
  }

  /** @returns false when the extension was not attached */
  private _detach(key: string): boolean {
    if (!this._attached.delete(key)) return false;
    this._tell(key, "detached", () => this._extensions.byKey.get(key)?.detached());
    return true;
  }

  private _push(key: string, event: string, payload: object): string | undefined {
    const ref = this._pusher?.push(`${key}:${event}`, payload);
    const attachment = this._attached.get(key);
    if (ref !== undefined && attachment !== undefined) attachment.lastRef = ref;
    return ref;
  }

  private _tell(key: string, method: string, body: () => unknown): void {
    tell(this._log, nameOf(key, method), body);
  }
}

class ChannelAttachment implements Attachment {
  readonly version: string;
  /** Ref of the last push. The server refuses every push of an extension that it did not grant, so the last ref identifies it. */
  lastRef: string;
  private readonly _channel: ExtensionsChannel;
  private readonly _key: string;

  constructor(channel: ExtensionsChannel, key: string, version: string, ref: string) {
    this.version = version;
    this.lastRef = ref;
    this._channel = channel;
    this._key = key;
  }

  send(event: string, payload: object): boolean {
    return this._channel.send(this, this._key, event, payload);
  }
}

const nameOf = (key: string, method: string): string => {
  return `extension "${key}".${method}`;
};
