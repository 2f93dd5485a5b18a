/*
 * Answer: the one message that an extension owes the server, because it was asked or because the application wants it
 * said. Owed twice before it could be sent, it is sent once; owed to a connection that is gone, it is not owed any more.
 */

import type { Clock } from "../../modules/host/clock.js";
import type { Timers } from "../../modules/host/timers.js";
import { answerRate } from "../../modules/limits/limits.js";
import type { ExtensionPort } from "./extension.js";
import { type Attempt, PacedSender } from "./paced-sender.js";

export class Answer {
  readonly #attempt: (port: ExtensionPort) => Attempt;
  readonly #sender: PacedSender;
  #port: ExtensionPort | undefined;
  #owed = false;

  /** @param attempt makes the message and sends it; asked again later when it was refused */
  constructor(host: { clock: Clock; timers: Timers }, attempt: (port: ExtensionPort) => Attempt) {
    this.#attempt = attempt;
    this.#sender = new PacedSender(host, answerRate, () => this.#flush());
  }

  attached(port: ExtensionPort): void {
    this.#port = port;
  }

  detached(): void {
    this.#port = undefined;
    this.#owed = false;
    this.#sender.stop();
  }

  /** @returns false while nobody is there to be answered */
  owe(): boolean {
    if (this.#port === undefined) return false;
    this.#owed = true;
    this.#sender.wake();
    return true;
  }

  #flush(): Attempt {
    if (!this.#owed || this.#port === undefined) return "empty";
    // Cleared first: a provider that throws costs this answer and not every later second.
    this.#owed = false;
    const attempt = this.#attempt(this.#port);
    if (attempt === "refused") this.#owed = true;
    return attempt;
  }
}
