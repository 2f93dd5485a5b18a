/*
 * Answer: the one message that an extension owes the server, because the server or the application asked for it. An answer
 * that is owed twice is sent once. An answer that is owed to a lost connection is dropped.
 */

import type { Attachment } from "./extension.js";
import type { Attempt, Lane, LaneOwner, Outbox } from "./outbox.js";

/** The server does not limit the rate of health, geo and the like; a flood of requests is answered about once a second. */
export const answerRate = Object.freeze({ perSecond: 1, burst: 3 });

/** The owner of an answer. */
export interface Answering {
  /** Makes the message and sends it; called again later when it returned "refused". */
  answer(attachment: Attachment): Attempt;
}

export class Answer implements LaneOwner {
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

  /** Sends the answer as soon as possible. @returns false while the extension is not attached */
  owe(): boolean {
    if (this._attachment === undefined) return false;
    this._owed = true;
    this._lane.wake();
    return true;
  }

  flush(): Attempt {
    if (!this._owed || this._attachment === undefined) return "empty";
    // Cleared first, so that an owner that throws loses this answer and is not called every second.
    this._owed = false;
    const attempt = this._owner.answer(this._attachment);
    if (attempt === "refused") this._owed = true;
    return attempt;
  }
}
