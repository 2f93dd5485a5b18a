/*
 * Topic `extensions`: which extensions a device gets, their attaching and detaching, and the one refusal there is.
 */

import { type Channel, ChannelCrash, type Reply, type Topic } from "./channel.js";
import { refuseNul } from "./database.js";
import type { Desk } from "./desk.js";
import type { Device } from "./device.js";
import { makeExtension, servingVersion } from "./extensions/catalog.js";
import type { ServerExtension } from "./extensions/extension.js";
import { isObject, isText, type Json, member, sizeOf } from "./json.js";
import { maxReportBytes } from "./limits.js";

/** What PostgreSQL never sees: log lines go to the analytics database, a terminal's text to whoever looks. */
const unstored = new Set(["local_shell", "logging"]);
const detach: Reply = { status: "error", response: "detach" };

interface Granted {
  readonly side: ServerExtension;
  attached: boolean;
}

export class ExtensionsChannel implements Channel {
  readonly #desk: Desk;
  readonly #device: Device;
  readonly #topic: Topic;
  readonly #granted = new Map<string, Granted>();

  constructor(desk: Desk, device: Device, topic: Topic) {
    this.#desk = desk;
    this.#device = device;
    this.#topic = topic;
  }

  join(payload: Json): Reply {
    const wanted = isObject(payload) ? Object.entries(payload) : [];
    for (const [name, version] of wanted) {
      if (!isText(version)) throw new ChannelCrash(`the version of extension ${name} must be a string`);
      const offered = this.#desk.settings.extensions.get(name);
      const serving = offered === undefined ? undefined : servingVersion(offered, version);
      if (serving !== undefined && !this.#device.extensionsOff.has(name)) this.#grant(name, serving);
    }
    const names = [...this.#granted.keys()].sort();
    this.#desk.timeline.add(this.#device.identifier, "extensions", `granted ${names.join(", ") || "none"}`, payload);
    return { status: "ok", response: names };
  }

  joined(): void {}

  receive(event: string, payload: Json): Reply | undefined {
    const [name, ...rest] = event.split(":");
    const granted = this.#granted.get(name);
    if (granted === undefined || rest.length === 0) return detach;
    const what = rest.join(":");
    if (what === "attached") {
      granted.attached = true;
      this.#say(name, "attached");
      granted.side.attached();
    } else if (what === "detached" || what === "error") {
      granted.attached = false;
      granted.side.detached();
      this.#say(name, what === "error" ? `failed on the device: ${String(member(payload, "reason"))}` : "detached");
    } else if (granted.attached) {
      if (!unstored.has(name)) refuseNul(payload, event);
      granted.side.receive(what, payload);
    } else this.#say(name, `${what} before attached is ignored`);
    return undefined;
  }

  ended(): void {
    for (const { side } of this.#granted.values()) side.detached();
  }

  /** Names that the device has attached. */
  attached(): readonly string[] {
    return [...this.#granted].filter(([, { attached }]) => attached).map(([name]) => name);
  }

  /** What the server pushes for a viewer, attached or not: `health:check`, `local_shell:shell_input`, … */
  push(event: string, payload: Json): void {
    this.#topic.push(event, payload);
  }

  /** The operator switched an extension on or off. A wish: the device answers with attached or detached. */
  switched(name: string, on: boolean): void {
    this.#topic.push(on ? "attach" : "detach", { extensions: [name] });
  }

  #grant(name: string, version: string): void {
    const { clock, timers, healthIntervalMs, geoIntervalMs } = this.#desk.settings;
    const side = makeExtension(name, {
      device: this.#device,
      clock,
      timers,
      healthIntervalMs,
      geoIntervalMs,
      version,
      push: (event, payload) => this.#topic.push(`${name}:${event}`, payload),
      refresh: (other) => {
        if (this.#granted.has(other)) this.#topic.push(`${other}:check`, {});
      },
      say: (text, data) => this.#say(name, text, data),
      keep: (report) => {
        const fits = sizeOf(report, maxReportBytes) !== undefined;
        this.#device.reports.set(name, fits ? report : { omitted: `more than ${maxReportBytes} bytes` });
      },
    });
    this.#granted.set(name, { side, attached: false });
  }

  #say(name: string, text: string, data?: Json): void {
    this.#desk.timeline.add(this.#device.identifier, name, text, data);
  }
}
