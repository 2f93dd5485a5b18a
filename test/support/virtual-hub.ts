/*
 * A NervesHub in a few lines, for tests that need thousands of updates on any engine: one device, one newer firmware, the
 * server's rules on records and status words. The whole server at one desk is tools/hub; that both agree with the real
 * one is for the transcripts to prove.
 */

import type { Crypto } from "../../modules/platform/crypto.js";
import type { Timers } from "../../modules/platform/timers.js";
import { refusedBy, ServerEnd, switchingProtocols } from "./server-end.js";
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
  #end: ServerEnd | undefined;
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
    connection.onEnd = () => {
      if (this.#connection === connection) this.#connection = this.#end = undefined;
    };
    const end: ServerEnd = new ServerEnd(connection, this.#options.crypto, {
      answer: (_, accept) => this.#answer(accept),
      text: (text) => this.#text(end, text),
      closed: () => end.close(1000),
    });
    this.#end = end;
  }

  /** Ends the connection, as a network does. */
  drop(): void {
    this.#connection?.end("reset");
    this.#connection = this.#end = undefined;
  }

  push(event: string, payload: unknown): void {
    this.#end?.send([null, null, "device", event, payload]);
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

  #answer(accept: string): string {
    const location = this.redirect;
    this.redirect = undefined;
    if (location === undefined) return switchingProtocols(accept);
    return `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`;
  }

  #text(end: ServerEnd, text: string): void {
    const refused = refusedBy(text);
    if (refused === "Jason") this.drop();
    else if (refused === "PostgreSQL") this.#crash(end, "U+0000");
    else this.#message(end, JSON.parse(text) as [string, string, string, string, never]);
  }

  #message(end: ServerEnd, [joinRef, ref, topic, event, payload]: [string, string, string, string, never]): void {
    if (topic === "phoenix") {
      end.send([null, ref, topic, "phx_reply", { status: "ok", response: {} }]);
    } else if (topic !== "device") {
      if (event !== "phx_join") {
        this.others.push({ topic, event });
        return;
      }
      const response = topic === "extensions" ? this.granted : {};
      end.send([joinRef, ref, topic, "phx_reply", { status: "ok", response }]);
    } else if (event === "phx_join") {
      this.#joinRef = joinRef;
      end.send([joinRef, ref, topic, "phx_reply", { status: "ok", response: {} }]);
      this.#joined(payload);
    } else {
      this.reports.push({ event, payload });
      this.#report(end, event, payload);
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

  #report(end: ServerEnd, event: string, payload: Record<string, unknown>): void {
    if (event === "firmware_validated") {
      this.validated = true;
      return;
    }
    if (event === "update_progress") this.#status(end, { status: payload["stage"], progress: payload["value"] });
    else if (event === "status_update") this.#status(end, payload);
  }

  #status(end: ServerEnd, payload: Record<string, unknown>): void {
    const { status, progress, delay_for: delayMs } = payload;
    const terminal = status === "failed" || status === "ignored" || status === "rescheduled";
    if (!statuses.includes(String(status))) this.#crash(end, `status ${String(status)}`);
    else if (progress !== undefined && !Number.isInteger(progress)) this.#crash(end, `progress ${String(progress)}`);
    else if (terminal && !this.inFlight) this.#crash(end, `${String(status)} with nothing on record`);
    else if (status === "rescheduled" && !Number.isInteger(delayMs)) this.#crash(end, "no whole delay_for");
    else {
      if (!terminal && !this.inFlight) this.phantoms.push(String(status));
      this.inFlight = !terminal;
      if (status === "failed" || status === "ignored") this.blocked = true;
      if (status === "rescheduled") this.#later(delayMs as number);
    }
  }

  #crash(end: ServerEnd, why: string): void {
    this.crashes.push(why);
    end.send([this.#joinRef, this.#joinRef, "device", "phx_error", { reason: "channel_crash" }]);
  }
}
