/*
 * A hub and devices for the suites of this folder: real sockets on loopback, time that the test moves, logins signed by
 * the product's own NH1 code. A device here is a bare WebSocket client, so that a suite sees every frame.
 */

import { WebSocket } from "ws";
import { nodeCrypto } from "../../../hosts/node/crypto.js";
import { sharedSecretHeaders } from "../../../modules/nh1/shared-secret.js";
import { Hub } from "../../../tools/hub/hub.js";
import type { Json, JsonObject } from "../../../tools/hub/json.js";
import type { HubOptions } from "../../../tools/hub/options.js";
import { fixture } from "../harness.js";
import { ManualTimers } from "../manual-timers.js";

export const productKey = { key: "nhp_desk", secret: "desk-secret" };
export const startMs = Date.parse("2026-11-21T20:00:00Z");

/** The join of a device that runs fixtures/app-1.0.0.bin. */
export const oldFirmware: JsonObject = {
  device_api_version: "2.4.0",
  update_tool: "esp-idf",
  esp_idf_project_name: "nh-demo",
  esp_idf_version: "1.0.0",
  esp_idf_app_elf_sha256: "ea5a8931c653b7415f37b52d0fe83eaa6f3f3b6be37b12e7d43528e0a07eb454",
  esp_idf_ver: "v5.4.1",
  esp_idf_chip_id: 9,
};
export const oldUuid = "ea5a8931-c653-b741-5f37-b52d0fe83eaa";
export const newUuid = "0efa51ff-27b5-87f0-8962-86b3609837b6";

/** @param nowMs the hub's clock */
export function loginHeaders(identifier: string, nowMs: number): { [name: string]: string } {
  const options = { ...productKey, identifier, time: Math.floor(nowMs / 1000) };
  return Object.fromEntries(sharedSecretHeaders(nodeCrypto, options));
}

export class Desk {
  readonly timers = new ManualTimers();
  readonly hub: Hub;
  readonly #devices: DeskDevice[] = [];

  constructor(options: Partial<HubOptions> = {}) {
    this.timers.now = startMs;
    const clock = { now: () => this.timers.now };
    this.hub = new Hub({ product: "nh-demo", keys: [productKey], clock, timers: this.timers, ...options });
  }

  /** @param images files of transcripts/fixtures */
  async start(...images: string[]): Promise<this> {
    await this.hub.start();
    for (const image of images) this.hub.addImage(fixture(`transcripts/fixtures/${image}`), image);
    return this;
  }

  /** Connects and joins `device`. */
  async device(identifier: string, join: JsonObject = oldFirmware): Promise<DeskDevice> {
    const url = `ws://127.0.0.1:${this.hub.port}/device-socket/websocket?vsn=2.0.0`;
    const socket = new WebSocket(url, { headers: loginHeaders(identifier, this.timers.now) });
    const device = new DeskDevice(socket);
    this.#devices.push(device);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    await device.join("device", join);
    return device;
  }

  async stop(): Promise<void> {
    for (const device of this.#devices) device.socket.terminate();
    await this.hub.stop();
  }
}

type Frame = readonly [joinRef: Json, ref: Json, topic: string, event: string, payload: Json];

export class DeskDevice {
  readonly socket: WebSocket;
  readonly #frames: Frame[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #joinRefs = new Map<string, string>();
  #ref = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.#frames.push(JSON.parse(data.toString()) as Frame);
      for (const look of [...this.#waiting]) look();
    });
  }

  /** @returns the response of the reply */
  async join(topic: string, payload: Json): Promise<Json> {
    const ref = String(++this.#ref);
    this.#joinRefs.set(topic, ref);
    this.socket.send(JSON.stringify([ref, ref, topic, "phx_join", payload]));
    return this.#reply(ref);
  }

  send(topic: string, event: string, payload: Json): string {
    const ref = String(++this.#ref);
    this.socket.send(JSON.stringify([this.#joinRefs.get(topic) ?? null, ref, topic, event, payload]));
    return ref;
  }

  /** Returns when the hub has dealt with everything sent so far. */
  async settled(): Promise<void> {
    const ref = String(++this.#ref);
    this.socket.send(JSON.stringify([null, ref, "phoenix", "heartbeat", {}]));
    await this.#reply(ref);
  }

  /** The payload of the next push of that name; what comes before it stays. */
  async pushed(event: string): Promise<JsonObject> {
    const frame = await this.#take((f) => f[3] === event);
    return frame[4] as JsonObject;
  }

  /** Names of the pushes that nobody has taken. */
  left(): string[] {
    return this.#frames.map((frame) => frame[3]);
  }

  async #reply(ref: string): Promise<Json> {
    const frame = await this.#take((f) => f[3] === "phx_reply" && f[1] === ref);
    return (frame[4] as JsonObject)["response"];
  }

  #take(fits: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve) => {
      const look = () => {
        const index = this.#frames.findIndex(fits);
        if (index < 0) return;
        this.#waiting.delete(look);
        resolve(this.#frames.splice(index, 1)[0]);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
