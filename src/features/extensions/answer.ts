/*
 * Answer: the one message that an extension owes the server, because it was asked or because the application wants it
 * said. Owed twice before it could be sent, it is sent once; owed to a connection that is gone, it is not owed any more.
 */

import type { Attachment } from "./extension.js";
import type { Attempt, Lane, Outbox, Sender } from "./outbox.js";

/** The server has no bucket for health, geo and the like; a flood of requests is answered about once a second. */
export const answerRate = Object.freeze({ perSecond: 1, burst: 3 });

/** Whose answer it is. */
export interface Answering {
  /** Makes the message and sends it; asked again later when it was refused. */
  answer(attachment: Attachment): Attempt;
}

export class Answer implements Sender {
  private readonly _owner: Answering;
  private readonly _lane: Lane;
  private _attachment: Attachment | undefined;
  private _owed = false;

  constructor(outbox: Outbox, owner: Answering) {
    this._owner = owner;
    this._lane = outbox.lane(answerRate, this);
  }

  attached(attachment: Attachment): void {
    this._attachment = attachment;
  }

  detached(): void {
    this._attachment = undefined;
    this._owed = false;
    this._lane.stop();
  }

  /** @returns false while nobody is there to be answered */
  owe(): boolean {
    if (this._attachment === undefined) return false;
    this._owed = true;
    this._lane.wake();
    return true;
  }

  flush(): Attempt {
    if (!this._owed || this._attachment === undefined) return "empty";
    // Cleared first: a provider that throws costs this answer and not every later second.
    this._owed = false;
    const attempt = this._owner.answer(this._attachment);
    if (attempt === "refused") this._owed = true;
    return attempt;
  }
}
