/*
 * The extensions topic: when it is joined, with which versions, and which extensions are attached
 * (nerves_hub_web, docs/extensions_protocol.md).
 *
 * The rules it guards: nothing is sent for an extension before its `<key>:attached`; what one extension throws reaches no
 * other; and extensions wait while the socket has bytes to send that somebody else may be waiting for.
 */

import type { Timer, Timers } from "../../modules/host/timers.js";
import { maxExtensionBacklogBytes, maxRememberedRefs } from "../../modules/limits/limits.js";
import type { ChannelHandler, ChannelPort } from "../channel-handler.js";
import { ask, type Said, take, tell, yesOrNo } from "../guarded.js";
import type { Log } from "../log.js";
import { extensionsTopic } from "../protocol.js";
import type { Extension } from "./extension.js";
import { chooseVersion, namesIn, type Offered, offeredVersions } from "./negotiation.js";
import type { Registry } from "./registry.js";

/** Without `extensions:get` the topic is joined this long after the device topic (docs/extensions_protocol.md). */
const unaskedJoinMs = 5000;
/** How often an extension that was not ready is asked again. */
const readyIntervalMs = 5000;

export interface ExtensionsChannelOptions {
  registry: Registry;
  log: Log;
  timers: Timers;
  /** Joins this topic, unless it is joined already. */
  join(): void;
  /** Bytes that wait to be sent on the socket. */
  bufferedBytes(): number;
}

export class ExtensionsChannel implements ChannelHandler {
  readonly topic = extensionsTopic;
  readonly #options: ExtensionsChannelOptions;
  #offered: Offered;
  /** Versions of the last join, by key. */
  #wanted = new Map<string, string>();
  /** Extensions in use; each value is what their port compares itself with. */
  readonly #attached = new Map<string, object>();
  /** Granted and not ready yet; how `ready` has failed. */
  readonly #waiting = new Map<string, Said>();
  /** Which extension a ref belongs to, of the latest pushes. */
  readonly #refs = new Map<string, string>();
  #port: ChannelPort | undefined;
  #joinTimer: Timer | undefined;
  #readyTimer: Timer | undefined;

  constructor(options: ExtensionsChannelOptions) {
    this.#options = options;
  }

  /** The device topic is joined: a server that knows extensions will ask for them. */
  deviceJoined(): void {
    const { timers } = this.#options;
    timers.clear(this.#joinTimer);
    this.#joinTimer = timers.set(() => this.#join(), unaskedJoinMs);
  }

  deviceLeft(): void {
    this.#options.timers.clear(this.#joinTimer);
    this.#joinTimer = undefined;
  }

  /** `extensions:get` */
  asked(payload: unknown): void {
    this.deviceLeft();
    this.#offered = offeredVersions(payload, this.#options.registry.extensions.keys());
    this.#join();
  }

  joinPayload(): object {
    const payload: Record<string, string> = {};
    this.#wanted.clear();
    for (const extension of this.#options.registry.extensions.values()) {
      const version = chooseVersion(extension, this.#offered);
      if (version === undefined) {
        this.#leftOut(extension.key);
        continue;
      }
      payload[extension.key] = version;
      this.#wanted.set(extension.key, version);
    }
    return payload;
  }

  joined(response: unknown, port: ChannelPort): void {
    this.#port = port;
    const granted: readonly unknown[] = Array.isArray(response) ? response : [];
    for (const key of this.#wanted.keys()) {
      if (granted.includes(key)) this.#attach(key);
      else this.#leftOut(key);
    }
  }

  message(event: string, payload: unknown): void {
    if (event === "attach") for (const key of namesIn(payload, this.#wanted.keys())) this.#attach(key);
    else if (event === "detach") for (const key of namesIn(payload, this.#wanted.keys())) this.#switchedOff(key);
    else {
      const colon = event.indexOf(":");
      const key = event.slice(0, Math.max(colon, 0));
      const extension = this.#attached.has(key) ? this.#options.registry.extensions.get(key) : undefined;
      // The server also passes on what viewers of the device's page ask of extensions that are not attached.
      if (extension !== undefined) this.#tell(key, "event", () => extension.event(event.slice(colon + 1), payload));
    }
  }

  reply(ref: string, status: string, response: unknown): void {
    const key = this.#refs.get(ref);
    if (key === undefined || status !== "error" || response !== "detach") return;
    this.#refs.delete(ref);
    if (!this.#detach(key)) return;
    this.#options.log.info(`The server refused extension "${key}"; it is offered again on the next connection.`);
  }

  left(): void {
    const { timers } = this.#options;
    timers.clear(this.#readyTimer);
    this.#readyTimer = undefined;
    this.#port = undefined;
    this.#waiting.clear();
    this.#refs.clear();
    for (const key of [...this.#attached.keys()]) this.#detach(key);
  }

  #join(): void {
    this.#joinTimer = undefined;
    for (const extension of this.#options.registry.extensions.values()) {
      if (chooseVersion(extension, this.#offered) === undefined) continue;
      this.#options.join();
      return;
    }
  }

  /** Either side may not have it; said once, since it comes again with every connection. */
  #leftOut(key: string): void {
    const { registry, log } = this.#options;
    if (registry.leftOut(key)) log.info(`The server does not use extension "${key}" of this device.`);
  }

  #attach(key: string): void {
    const extension = this.#options.registry.extensions.get(key);
    const version = this.#wanted.get(key);
    if (extension === undefined || version === undefined) return;
    if (this.#attached.has(key)) {
      this.#push(key, "attached", {});
      return;
    }
    const said = this.#waiting.get(key) ?? {};
    const ready = (): unknown => (extension.ready === undefined ? true : extension.ready());
    const isReady = take(this.#options.log, nameOf(key, "ready"), ready, yesOrNo, said) === true;
    // It may have closed the link.
    if (this.#port === undefined) return;
    if (!isReady || this.#push(key, "attached", {}) === undefined) {
      this.#wait(key, said);
      return;
    }
    this.#waiting.delete(key);
    this.#start(extension, version);
  }

  #start(extension: Extension, version: string): void {
    const { key } = extension;
    const attachment = {};
    this.#attached.set(key, attachment);
    this.#options.registry.nowAttached(key, version);
    const port = {
      version,
      send: (event: string, payload: object): boolean =>
        this.#attached.get(key) === attachment &&
        this.#options.bufferedBytes() <= maxExtensionBacklogBytes &&
        this.#push(key, event, payload) !== undefined,
    };
    ask({
      log: this.#options.log,
      name: nameOf(key, "attached"),
      body: () => extension.attached(port),
      done: () => {},
      failed: () => {
        if (this.#attached.get(key) !== attachment) return;
        this.#detach(key);
        this.#push(key, "error", { reason: "The extension failed when it was attached; the device's log says why." });
      },
    });
  }

  #wait(key: string, said: Said): void {
    this.#waiting.set(key, said);
    this.#readyTimer ??= this.#options.timers.set(() => {
      this.#readyTimer = undefined;
      for (const waiting of [...this.#waiting.keys()]) this.#attach(waiting);
    }, readyIntervalMs);
  }

  #switchedOff(key: string): void {
    if (!this.#options.registry.extensions.has(key)) return;
    this.#waiting.delete(key);
    this.#detach(key);
    this.#push(key, "detached", {});
  }

  /** @returns false when it was not attached */
  #detach(key: string): boolean {
    const { registry } = this.#options;
    if (!this.#attached.delete(key)) return false;
    registry.attached.delete(key);
    this.#tell(key, "detached", () => registry.extensions.get(key)?.detached());
    return true;
  }

  #push(key: string, event: string, payload: object): string | undefined {
    const ref = this.#port?.push(`${key}:${event}`, payload);
    if (ref === undefined) return undefined;
    this.#refs.set(ref, key);
    if (this.#refs.size > maxRememberedRefs) {
      for (const oldest of this.#refs.keys()) {
        this.#refs.delete(oldest);
        break;
      }
    }
    return ref;
  }

  #tell(key: string, method: string, body: () => unknown): void {
    tell(this.#options.log, nameOf(key, method), body);
  }
}

function nameOf(key: string, method: string): string {
  return `extension "${key}".${method}`;
}
