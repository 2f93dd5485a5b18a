/*
 * Report: tells the server the status and progress of an update, in the server's words.
 *
 * The rules it guards (nerves_hub_web, device_link.ex and devices/inflight_update.ex): only words of the server's
 * enumeration are sent, since any other ends its channel process; progress and delays are whole numbers; nothing is sent before
 * an offer, nor after a terminal word (that makes a record which blocks updates for 30 minutes); a message that a lost
 * connection held back is sent on the next one, because the server's record survives too.
 */

import { cut } from "../../modules/text/cut.js";
import type { DevicePusher } from "../connection/device-pusher.js";
import type { Redactor } from "../log/redact.js";
import { toServer } from "../protocol.js";
import type { Outcome } from "./outcome.js";

/** Characters of a reason that is sent, of which the server keeps about 200, and of a trial's stored error. */
export const maxReasonCharacters = 200;

/** The status words: "current" for today's servers, "legacy" for servers from before June 2026. */
export type StatusWords = "current" | "legacy";

/** Percent between two progress messages: the server stores progress at most every 15 s, so smaller steps only cost bytes. */
const progressStep = 5;

interface Message {
  readonly event: string;
  readonly payload: object;
}

export class Report {
  private readonly _redactor: Redactor;
  private readonly _words: StatusWords;
  private readonly _networkInterface: string;
  private readonly _pusher: DevicePusher;
  /** True between `received` and a terminal word. */
  private _open = false;
  /** The last message that could not be sent; sent when the connection is back. */
  private _unsaid: Message | undefined;
  private _progress = -progressStep;
  private _muted = false;

  constructor(pusher: DevicePusher, redactor: Redactor, words: StatusWords, networkInterface: string) {
    this._redactor = redactor;
    this._pusher = pusher;
    this._words = words;
    this._networkInterface = networkInterface;
  }

  /** True while the server must keep its record of this update: until the terminal word is sent. */
  get inFlight(): boolean {
    return this._open || this._unsaid !== undefined;
  }

  /** True while messages can be sent at once. */
  get connected(): boolean {
    return this._pusher.joined !== undefined;
  }

  /** The device topic is joined again: sends what could not be sent. */
  online(): void {
    const unsaid = this._unsaid;
    this._unsaid = undefined;
    if (unsaid !== undefined) this._say(unsaid);
  }

  /** The server's record is of another update, to which it would count what is said: nothing is, until `recall`. */
  forget(): void {
    this._muted = true;
    this._open = false;
    this._unsaid = undefined;
  }

  /** The server's record is of this update again, or this update has ended. */
  recall(): void {
    this._muted = false;
  }

  /** An offer has arrived that is not the running update: its whole course is said at once. */
  putOff(outcome: Outcome): void {
    this._open = true;
    this._status({ status: "received" });
    this.ended(outcome);
  }

  /** An offer has arrived. */
  received(): void {
    if (this._muted) return;
    this.resume();
    this._status({ status: "received" });
  }

  /** An update of an earlier run goes on; the server knows of it. */
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
    // Redacted first: a secret that the cut goes through would show its beginning.
    const reason = cut(this._redactor.redact(outcome.reason), maxReasonCharacters);
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
    // Only current servers know the words before the terminal one; older servers ignore them.
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
