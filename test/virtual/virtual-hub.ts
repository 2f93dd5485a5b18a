/*
 * A NervesHub in a few lines, for tests that need thousands of updates on any engine: one device, one newer firmware, the
 * server's rules on records and status words. The whole server at one desk is tools/hub; that both agree with the real
 * one is for the transcripts to prove.
 */

import type { Crypto } from "../../modules/platform/crypto.js";
import type { Timers } from "../../modules/platform/timers.js";
import { toBase64 } from "../../modules/text/base64.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import { concat } from "../modules/platform/scripted-network.js";
import { acceptGuid, frameSize, refusedBy, textFrame, unmask } from "./server-frames.js";
import type { Connection } from "./virtual-network.js";

/** The closed list; anything else ends the real server's channel process. */
const statuses = ["received", "started", "downloading", "updating", "completed", "failed", "ignored", "rescheduled"];

export interface VirtualHubOptions {
  crypto: Crypto;
  timers: Timers;
  /** The `update` message for the newest firmware, but for the URL. */
  update: { firmware_meta: { uuid: string }; [name: string]: unknown };
  url(): string;
}

export interface Report {
  event: string;
  payload: Record<string, unknown>;
}

/** Like the real one's: from the join to the offer. */
const offerDelayMs = 1000;

export class VirtualHub {
  readonly #options: VirtualHubOptions;
  /** Every join's payload, oldest first. */
  readonly joins: Record<string, unknown>[] = [];
  /** Everything the device said since its last join. */
  reports: Report[] = [];
  /** What the device said that would have ended the real server's channel. */
  readonly crashes: string[] = [];
  /** Words with nothing on record: the real server then makes a record that blocks updates for half an hour. */
  readonly phantoms: string[] = [];
  /** What the hub believes to be installed. */
  uuid: string | undefined;
  validated = false;
  /** An update is on record: none is offered meanwhile. */
  inFlight = false;
  /** Offers made. */
  offers = 0;
  /** `failed` and `ignored` block for 24 hours. */
  blocked = false;
  reachable = true;
  /** Where the next upgrade is sent instead of being taken. */
  redirect: string | undefined;
  /** Extensions that a join is granted. */
  granted: readonly string[] = [];
  /** Everything said on topics other than the device's, joins left out. */
  readonly others: { topic: string; event: string }[] = [];
  #connection: Connection | undefined;
  #joinRef = "";

  constructor(options: VirtualHubOptions) {
    this.#options = options;
  }

  accept(connection: Connection): void {
    if (!this.reachable) {
      connection.end("reset");
      return;
    }
    this.#connection?.end("reset");
    this.#connection = connection;
    let buffer: Uint8Array = new Uint8Array(0);
    let upgraded = false;
    connection.onEnd = () => {
      if (this.#connection === connection) this.#connection = undefined;
    };
    connection.onData = (bytes) => {
      buffer = concat(buffer, bytes);
      if (!upgraded) {
        const text = decodeUtf8(buffer);
        const end = text.indexOf("\r\n\r\n");
        if (end < 0) return;
        upgraded = true;
        buffer = buffer.slice(end + 4);
        this.#upgrade(connection, text);
      }
      for (let size = frameSize(buffer); size > 0 && size <= buffer.byteLength; size = frameSize(buffer)) {
        this.#frame(connection, buffer.slice(0, size));
        buffer = buffer.slice(size);
      }
    };
  }

  /** Ends the connection, as a network does. */
  drop(): void {
    this.#connection?.end("reset");
    this.#connection = undefined;
  }

  push(event: string, payload: unknown): void {
    if (this.#connection !== undefined) send(this.#connection, [null, null, "device", event, payload]);
  }

  offer(): void {
    this.inFlight = true;
    this.offers++;
    this.push("update", { update_available: true, ...this.#options.update, firmware_url: this.#options.url() });
  }

  /** The same update once more, as after a record that was lost; only while one is on record. */
  offerAgain(): void {
    if (this.inFlight) this.offer();
  }

  #upgrade(connection: Connection, request: string): void {
    if (this.redirect !== undefined) {
      connection.send(encodeUtf8(`HTTP/1.1 302 Found\r\nlocation: ${this.redirect}\r\ncontent-length: 0\r\n\r\n`));
      connection.end();
      this.redirect = undefined;
      return;
    }
    const key = /sec-websocket-key: *(\S+)/i.exec(request)?.[1] ?? "";
    const digest = this.#options.crypto.digest("sha1");
    digest.update(encodeUtf8(key + acceptGuid));
    const head = [
      "HTTP/1.1 101 Switching Protocols",
      "upgrade: websocket",
      "connection: Upgrade",
      `sec-websocket-accept: ${toBase64(digest.finish())}`,
    ];
    connection.send(encodeUtf8(`${head.join("\r\n")}\r\n\r\n`));
  }

  #frame(connection: Connection, frame: Uint8Array): void {
    const opcode = frame[0] & 15;
    const payload = unmask(frame);
    if (opcode === 8) {
      connection.send(new Uint8Array([0x88, 2, 3, 232]));
      connection.end();
    } else if (opcode === 1) {
      const text = decodeUtf8(payload);
      const refused = refusedBy(text);
      if (refused === "Jason") this.drop();
      else if (refused === "PostgreSQL") this.#crash(connection, "U+0000");
      else this.#message(connection, JSON.parse(text) as [string, string, string, string, never]);
    }
  }

  #message(
    connection: Connection,
    [joinRef, ref, topic, event, payload]: [string, string, string, string, never],
  ): void {
    if (topic === "phoenix") {
      send(connection, [null, ref, topic, "phx_reply", { status: "ok", response: {} }]);
    } else if (topic !== "device") {
      if (event !== "phx_join") {
        this.others.push({ topic, event });
        return;
      }
      const response = topic === "extensions" ? this.granted : {};
      send(connection, [joinRef, ref, topic, "phx_reply", { status: "ok", response }]);
    } else if (event === "phx_join") {
      this.#joinRef = joinRef;
      send(connection, [joinRef, ref, topic, "phx_reply", { status: "ok", response: {} }]);
      this.#joined(payload);
    } else {
      this.reports.push({ event, payload });
      this.#report(connection, event, payload);
    }
  }

  #joined(payload: Record<string, unknown>): void {
    this.joins.push(payload);
    this.reports = [];
    const uuid = payload["nerves_fw_uuid"] as string;
    const { firmware_validated: validated } = payload["meta"] as { firmware_validated: boolean };
    if (uuid !== this.uuid) this.inFlight = false;
    this.uuid = uuid;
    this.validated = validated;
    if (typeof payload["currently_downloading_uuid"] !== "string") this.inFlight = false;
    this.#later(offerDelayMs);
  }

  #later(delayMs: number): void {
    this.#options.timers.set(() => {
      const wanted = this.uuid !== this.#options.update.firmware_meta.uuid;
      if (this.#connection !== undefined && wanted && this.validated && !this.inFlight && !this.blocked) this.offer();
    }, delayMs);
  }

  #report(connection: Connection, event: string, payload: Record<string, unknown>): void {
    if (event === "firmware_validated") {
      this.validated = true;
      return;
    }
    if (event === "update_progress") this.#status(connection, { status: payload["stage"], progress: payload["value"] });
    else if (event === "status_update") this.#status(connection, payload);
  }

  #status(connection: Connection, payload: Record<string, unknown>): void {
    const { status, progress, delay_for: delayMs } = payload;
    const terminal = status === "failed" || status === "ignored" || status === "rescheduled";
    if (!statuses.includes(String(status))) this.#crash(connection, `status ${String(status)}`);
    else if (progress !== undefined && !Number.isInteger(progress))
      this.#crash(connection, `progress ${String(progress)}`);
    else if (terminal && !this.inFlight) this.#crash(connection, `${String(status)} with nothing on record`);
    else if (status === "rescheduled" && !Number.isInteger(delayMs)) this.#crash(connection, "no whole delay_for");
    else {
      if (!terminal && !this.inFlight) this.phantoms.push(String(status));
      this.inFlight = !terminal;
      if (status === "failed" || status === "ignored") this.blocked = true;
      if (status === "rescheduled") this.#later(delayMs as number);
    }
  }

  #crash(connection: Connection, why: string): void {
    this.crashes.push(why);
    send(connection, [this.#joinRef, this.#joinRef, "device", "phx_error", { reason: "channel_crash" }]);
  }
}

function send(connection: Connection, message: unknown): void {
  connection.send(textFrame(message));
}
