/*
 * Topic `console`: the terminal of a device, with the last lines of what it wrote. No catch-all: an unknown event
 * crashes it, as on the real server.
 */

import { type Channel, ChannelCrash, type Reply, type Topic } from "./channel.js";
import type { Desk } from "./desk.js";
import type { Device } from "./device.js";
import { isText, type Json, member } from "./json.js";
import { maxTerminalCharacters } from "./limits.js";
import { Scrollback, tail } from "./scrollback.js";
import { atLeast } from "./version.js";

/** Marks the end of a script that is typed in: devices below API 2.1.0 get them this way. */
const endMark = "[NERVESHUB:END]";

export class ConsoleChannel implements Channel {
  /** `console_version` of the join. */
  version = "";
  readonly #desk: Desk;
  readonly #device: Device;
  readonly #topic: Topic;
  readonly #viewers = new Set<(event: string, payload: Json) => void>();
  readonly #scrollback = new Scrollback();

  constructor(desk: Desk, device: Device, topic: Topic) {
    this.#desk = desk;
    this.#device = device;
    this.#topic = topic;
  }

  join(payload: Json): Reply {
    const version = member(payload, "console_version");
    this.version = isText(version) ? version : "0.0.0";
    this.#desk.timeline.add(this.#device.identifier, "console", "the console is there");
    return { status: "ok", response: {} };
  }

  joined(): void {
    const code = this.#device.connectingCode;
    const typed = !atLeast(this.#device.connection.apiVersion, "2.1.0");
    if (code !== undefined && typed) this.input(`${code}\n\r`);
  }

  receive(event: string, payload: Json): undefined {
    if (event === "up") return this.#output(member(payload, "data"));
    if (event === "file-data/start" || event === "file-data" || event === "file-data/stop") {
      this.#desk.timeline.add(this.#device.identifier, "file", `${event} ${String(member(payload, "filename"))}`);
      for (const viewer of this.#viewers) viewer(event, payload);
      return;
    }
    throw new ChannelCrash(`the console channel has no event ${event}`);
  }

  ended(): void {
    for (const viewer of this.#viewers) viewer("ended", {});
    this.#viewers.clear();
  }

  /** What was written since the join, as far as it is kept. */
  get output(): string {
    return this.#scrollback.text;
  }

  /** @param viewer gets `up` and `file-data…` as they come; @returns a function that ends it */
  attach(viewer: (event: string, payload: Json) => void): () => void {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  }

  /** One `dn` frame with that text. */
  input(text: string): void {
    this.#topic.push("dn", { data: text });
  }

  /** One `dn` frame for every character, then Enter: how the management API sends code. */
  type(text: string): void {
    for (const character of text) this.input(character);
    this.input("\r");
  }

  /** Any event that a viewer's browser may push: `restart`, `file-data/start`, … */
  push(event: string, payload: Json): void {
    this.#topic.push(event, payload);
  }

  /** A script typed in, for devices below API 2.1.0.
   *  @returns what the device wrote until it echoed the mark and a line more, undefined after 15 s */
  runScript(text: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      let output = "";
      const { timers } = this.#desk.settings;
      const finish = (result: string | undefined) => {
        detach();
        timers.clear(timer);
        resolve(result);
      };
      const timer = timers.set(() => finish(undefined), 15_000);
      const detach = this.attach((event, payload) => {
        if (event === "ended") return finish(undefined);
        output = tail(output + String(member(payload, "data") ?? ""), maxTerminalCharacters);
        if (output.includes(endMark)) finish(output.replace(/\n$/, ""));
      });
      this.input(`${text}\n# ${endMark}`);
      this.input("\r");
    });
  }

  #output(data: Json | undefined): undefined {
    if (!isText(data)) throw new ChannelCrash("up needs a string data");
    this.#scrollback.add(data);
    for (const viewer of this.#viewers) viewer("up", { data });
  }
}
