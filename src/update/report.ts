/*
 * What the server hears of an update, in its own words, and never a word too many.
 *
 * The rules it guards (reference: nerves_hub_web, device_link.ex and devices/inflight_update.ex): only words of the
 * server's enumeration, since any other ends its channel process; progress and delays as whole numbers; nothing before
 * an offer, nothing after a terminal word (that plants a record which blocks updates for 30 minutes); and the words
 * survive a lost connection, because the record on the server does.
 */

import { cut } from "../../modules/text/cut.js";
import type { DevicePusher } from "../connection/device-pusher.js";
import { toServer } from "../protocol.js";
import type { Outcome } from "./outcome.js";

/** Characters of a reason that are sent, of which the server keeps about the first 200, and of one that a channel is told. */
export const maxReasonCharacters = 200;

/** "current" is today's server; "legacy" what it understood before June 2026. */
export type StatusWords = "current" | "legacy";

/** The server stores progress every 15 s at most, so finer steps only cost bytes. */
const progressStep = 5;

interface Message {
  readonly event: string;
  readonly payload: object;
}

export class Report {
  private readonly _words: StatusWords;
  private readonly _networkInterface: string;
  private readonly _pusher: DevicePusher;
  /** An update is in flight: between `received` and a terminal word. */
  private _open = false;
  /** What must still be said when the connection comes back: the latest progress, or the terminal word. */
  private _unsaid: Message | undefined;
  private _progress = -progressStep;

  constructor(pusher: DevicePusher, words: StatusWords, networkInterface: string) {
    this._pusher = pusher;
    this._words = words;
    this._networkInterface = networkInterface;
  }

  /** True while the server must keep its record of this update, also when its last word has not reached it. */
  get inFlight(): boolean {
    return this._open || this._unsaid !== undefined;
  }

  /** The server can be told at once. */
  get connected(): boolean {
    return this._pusher.joined !== undefined;
  }

  /** There is a connection again. */
  online(): void {
    const unsaid = this._unsaid;
    this._unsaid = undefined;
    if (unsaid !== undefined) this._say(unsaid);
  }

  /** An offer is being dealt with. */
  received(): void {
    this.resume();
    this._status({ status: "received" });
  }

  /** An update that began in an earlier run goes on; the server has heard of it. */
  resume(): void {
    this._open = true;
    this._unsaid = undefined;
    this._progress = -progressStep;
  }

  started(): void {
    this._status({ status: "started", downloader_network_interface: this._networkInterface });
  }

  /** @param percent 0 to 100 of the download */
  downloading(percent: number): void {
    const value = Math.floor(percent);
    if (!this._open || (value < 100 && value - this._progress < progressStep) || value === this._progress) return;
    this._progress = value;
    this._say(this._progressMessage(value, "downloading"));
  }

  /** The download is complete and being verified. */
  updating(): void {
    if (this._open) this._say(this._progressMessage(100, "updating"));
  }

  completed(): void {
    this._terminal({ status: this._words === "legacy" ? "fwup_complete" : "completed" });
  }

  /** An update that ended without success. */
  ended(outcome: Outcome): void {
    const reason = cut(outcome.reason, maxReasonCharacters);
    if (outcome.word === "rescheduled") {
      const status = this._words === "legacy" ? "update_rescheduled" : "rescheduled";
      this._terminal({ status, delay_for: Math.round(outcome.delayMs), reason });
    } else if (outcome.word === "failed") {
      this._terminal({ status: this._words === "legacy" ? "update_failed" : "failed", reason });
    } else {
      this._terminal({ status: "ignored", reason });
    }
  }

  private _progressMessage(value: number, stage: string): Message {
    if (this._words === "legacy") return { event: toServer.legacyProgress, payload: { value } };
    return { event: toServer.updateProgress, payload: { value, stage } };
  }

  private _status(payload: object): void {
    // Older servers took no notice of words in between; the older documents do not know them.
    if (this._open && this._words === "current") this._say({ event: toServer.statusUpdate, payload });
  }

  private _terminal(payload: object): void {
    if (!this._open) return;
    this._open = false;
    this._say({ event: toServer.statusUpdate, payload });
  }

  private _say(message: Message): void {
    if (this._pusher.push(message.event, message.payload) === undefined) this._unsaid = message;
  }
}
