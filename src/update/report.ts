/*
 * What the server hears of an update, in its own words, and never a word too many.
 *
 * The rules it guards (reference: nerves_hub_web, device_link.ex and devices/inflight_update.ex): only words of the
 * server's enumeration, since any other ends its channel process; progress and delays as whole numbers; nothing before
 * an offer, nothing after a terminal word (that plants a record which blocks updates for 30 minutes); and the words
 * survive a lost connection, because the record on the server does.
 */

import { maxReasonCharacters } from "../../modules/limits/limits.js";
import { cut } from "../../modules/text/cut.js";
import type { ChannelPort } from "../channel-handler.js";
import { toServer } from "../protocol.js";
import type { Outcome } from "./outcome.js";

/** "current" is today's server; "legacy" what it understood before June 2026. */
export type StatusWords = "current" | "legacy";

/** The server stores progress every 15 s at most, so finer steps only cost bytes. */
const progressStep = 5;

interface Message {
  readonly event: string;
  readonly payload: object;
}

export class Report {
  readonly #words: StatusWords;
  readonly #networkInterface: string;
  #port: ChannelPort | undefined;
  /** An update is in flight: between `received` and a terminal word. */
  #open = false;
  /** What must still be said when the connection comes back: the latest progress, or the terminal word. */
  #unsaid: Message | undefined;
  #progress = -progressStep;

  constructor(words: StatusWords, networkInterface: string) {
    this.#words = words;
    this.#networkInterface = networkInterface;
  }

  /** True while the server must keep its record of this update, also when its last word has not reached it. */
  get inFlight(): boolean {
    return this.#open || this.#unsaid !== undefined;
  }

  /** The server can be told at once. */
  get connected(): boolean {
    return this.#port !== undefined;
  }

  online(port: ChannelPort): void {
    this.#port = port;
    const unsaid = this.#unsaid;
    this.#unsaid = undefined;
    if (unsaid !== undefined) this.#say(unsaid);
  }

  offline(): void {
    this.#port = undefined;
  }

  /** An offer is being dealt with. */
  received(): void {
    this.resume();
    this.#status({ status: "received" });
  }

  /** An update that began in an earlier run goes on; the server has heard of it. */
  resume(): void {
    this.#open = true;
    this.#unsaid = undefined;
    this.#progress = -progressStep;
  }

  started(): void {
    this.#status({ status: "started", downloader_network_interface: this.#networkInterface });
  }

  /** @param percent 0 to 100 of the download */
  downloading(percent: number): void {
    const value = Math.floor(percent);
    if (!this.#open || (value < 100 && value - this.#progress < progressStep) || value === this.#progress) return;
    this.#progress = value;
    this.#say(this.#progressMessage(value, "downloading"));
  }

  /** The download is complete and being verified. */
  updating(): void {
    if (this.#open) this.#say(this.#progressMessage(100, "updating"));
  }

  completed(): void {
    this.#terminal({ status: this.#words === "legacy" ? "fwup_complete" : "completed" });
  }

  /** An update that ended without success. */
  ended(outcome: Outcome): void {
    const reason = cut(outcome.reason, maxReasonCharacters);
    if (outcome.word === "rescheduled") {
      const status = this.#words === "legacy" ? "update_rescheduled" : "rescheduled";
      this.#terminal({ status, delay_for: Math.round(outcome.delayMs), reason });
    } else if (outcome.word === "failed") {
      this.#terminal({ status: this.#words === "legacy" ? "update_failed" : "failed", reason });
    } else {
      this.#terminal({ status: "ignored", reason });
    }
  }

  rebooting(): void {
    this.#port?.push(toServer.rebooting, {});
  }

  #progressMessage(value: number, stage: string): Message {
    if (this.#words === "legacy") return { event: toServer.legacyProgress, payload: { value } };
    return { event: toServer.updateProgress, payload: { value, stage } };
  }

  #status(payload: object): void {
    // Older servers took no notice of words in between; the older documents do not know them.
    if (this.#open && this.#words === "current") this.#say({ event: toServer.statusUpdate, payload });
  }

  #terminal(payload: object): void {
    if (!this.#open) return;
    this.#open = false;
    this.#say({ event: toServer.statusUpdate, payload });
  }

  #say(message: Message): void {
    if (this.#port?.push(message.event, message.payload) === undefined) this.#unsaid = message;
  }
}
