/*
 * logging 0.0.1 (a message a line) and 0.1.0 (a second's lines in one message).
 *
 * Every line carries its own time, and one without a time is dropped by the server without a word: so lines wait until
 * the time is known and are stamped when they are sent. Times rise strictly, since the server sorts by them.
 */

import { Fault } from "../../modules/fault/fault.js";
import type { Clock } from "../../modules/host/clock.js";
import type { Timers } from "../../modules/host/timers.js";
import { loggingRate, maxBatchCharacters, maxLogLinesInMessage } from "../../modules/limits/limits.js";
import { type Level, levels } from "../log.js";
import type { Extension, ExtensionPort } from "./extension.js";
import { type LogLine, LogRing } from "./log-ring.js";
import { type Attempt, PacedSender } from "./paced-sender.js";
import { wallTime } from "./wall-time.js";

export interface LoggingOptions {
  /** Lowest level that is sent; default "info". */
  level?: Level;
}

const batched = "0.1.0";
/** Lines are gathered for so long. */
const gatherMs = 1000;
/** More than this is no resolution of a clock. */
const clockStepUs = 1_000_000;

export class Logging implements Extension {
  readonly key = "logging";
  readonly versions = [batched, "0.0.1"];
  readonly #clock: Clock;
  readonly #least: number;
  readonly #ring = new LogRing();
  readonly #sender: PacedSender;
  /** Microseconds since 1970 of the line that was stamped last. */
  #lastUs = 0;
  #port: ExtensionPort | undefined;

  /** @throws Fault of stage "options" for a level that does not exist */
  constructor(host: { clock: Clock; timers: Timers }, options: LoggingOptions) {
    this.#clock = host.clock;
    const { level = "info" } = options;
    this.#least = levels.indexOf(level);
    if (this.#least < 0) {
      throw new Fault(
        "options",
        "bad-option",
        `Option "logging.level" is "${level}", which is none of ${levels.join(", ")}.`,
      );
    }
    this.#sender = new PacedSender(host, loggingRate, () => this.#flush());
  }

  /** A LogListener. */
  write(level: Level, message: string): void {
    // The server drops empty messages.
    if (levels.indexOf(level) < this.#least || message === "") return;
    this.#ring.push({ level, message, atMs: this.#clock.monotonic() });
    if (this.#port !== undefined) this.#sender.wake(gatherMs);
  }

  ready(): boolean {
    return this.#clock.now() !== undefined;
  }

  attached(port: ExtensionPort): void {
    this.#port = port;
    this.#sender.wake(gatherMs);
  }

  event(): void {}

  detached(): void {
    this.#port = undefined;
    this.#sender.stop();
  }

  #flush(): Attempt {
    const port = this.#port;
    if (port === undefined) return "refused";
    if (this.#ring.isEmpty) return "empty";
    const many = port.version === batched;
    const batch = this.#ring.next(many ? maxLogLinesInMessage : 1, maxBatchCharacters);
    const before = this.#lastUs;
    const lines = batch.map((line) => this.#stamped(line));
    if (!port.send("send", many ? { lines } : lines[0])) {
      this.#lastUs = before;
      return "refused";
    }
    this.#ring.sent(batch);
    return "sent";
  }

  #stamped({ level, message, atMs }: LogLine): object {
    const us = Math.round((wallTime(this.#clock, atMs) ?? 0) * 1000);
    // Far behind the last one: the clock was corrected, and the new time is the right one.
    this.#lastUs = us < this.#lastUs - clockStepUs ? us : Math.max(us, this.#lastUs + 1);
    // As a text, in microseconds: milliseconds would end up in 1970, and a number is dropped.
    return { level, message, meta: { time: String(this.#lastUs) } };
  }
}
