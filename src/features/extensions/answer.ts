/*
 * Answer: the one message that an extension owes the server, because it was asked or because the application wants it
 * said. Owed twice before it could be sent, it is sent once; owed to a connection that is gone, it is not owed any more.
 */

import type { Clock } from "../../../modules/host/clock.js";
import type { Timers } from "../../../modules/host/timers.js";
import { answerRate } from "../../../modules/limits/limits.js";
import type { ExtensionPort } from "./extension.js";
import { type Attempt, PacedSender } from "./paced-sender.js";

export class Answer {
  private readonly _attempt: (port: ExtensionPort) => Attempt;
  private readonly _sender: PacedSender;
  private _port: ExtensionPort | undefined;
  private _owed = false;

  /** @param attempt makes the message and sends it; asked again later when it was refused */
  constructor(host: { clock: Clock; timers: Timers }, attempt: (port: ExtensionPort) => Attempt) {
    this._attempt = attempt;
    this._sender = new PacedSender(host, answerRate, () => this._flush());
  }

  attached(port: ExtensionPort): void {
    this._port = port;
  }

  detached(): void {
    this._port = undefined;
    this._owed = false;
    this._sender.stop();
  }

  /** @returns false while nobody is there to be answered */
  owe(): boolean {
    if (this._port === undefined) return false;
    this._owed = true;
    this._sender.wake();
    return true;
  }

  private _flush(): Attempt {
    if (!this._owed || this._port === undefined) return "empty";
    // Cleared first: a provider that throws costs this answer and not every later second.
    this._owed = false;
    const attempt = this._attempt(this._port);
    if (attempt === "refused") this._owed = true;
    return attempt;
  }
}
