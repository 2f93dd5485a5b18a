/*
 * logging 0.0.1 (one line per message) and 0.1.0 (the lines of a second in one message).
 *
 * The rules it guards: every line has a time, since the server silently drops a line without one, so lines wait until the time
 * is known and get their time when they are sent. Times rise strictly, since the server sorts by them.
 */

import type { Clock } from "../../../modules/platform/clock.js";
import type { Core, Feature } from "../../feature.js";
import { type Level, levels } from "../../log/log.js";
import { requireObject, wrong } from "../../option-checks.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { type Attempt, type Lane, type LaneOwner, maxBatchCharacters, Outbox } from "../extensions/outbox.js";
import { wallTime } from "../extensions/wall-time.js";
import { type LogLine, LogRing } from "./log-ring.js";

/** Lines of one `logging:send`; the server drops the rest. */
export const maxLogLinesInMessage = 100;
/** The server takes 5 messages a second and 10 at once. Less, since a stalled network delivers several at once. */
export const loggingRate = Object.freeze({ perSecond: 4, burst: 8 });

export interface LoggingOptions {
  /** Lowest level that is sent; default "info". */
  level?: Level;
}

const batched = "0.1.0";
/** Lines within this time share a message. */
const gatherMs = 1000;
/** A time that is further back than this shows that the clock was corrected. */
const clockStepUs = 1_000_000;

export class Logging implements Feature, Extension, LaneOwner {
  readonly key = "logging";
  readonly versions = [batched, "0.0.1"];
  private _clock: Clock | undefined;
  private readonly _options: LoggingOptions;
  private _least = 0;
  private readonly _ring = new LogRing();
  private _lane: Lane | undefined;
  /** Time of the last sent line, microseconds since 1970. */
  private _lastUs = 0;
  private _attachment: Attachment | undefined;

  constructor(options: LoggingOptions = {}) {
    this._options = options;
  }

  /** @throws Fault of stage "options" for a level that does not exist */
  install(core: Core): void {
    requireObject("logging", this._options);
    const { level = "info" } = this._options;
    this._least = levels.indexOf(level);
    if (this._least < 0) throw wrong("logging.level", `must be one of ${levels.join(", ")}`);
    const { platform, log } = core;
    this._clock = platform.clock;
    this._lane = core.feature(Outbox).lane(loggingRate, this);
    core.feature(Extensions).add(this);
    log.listen(this);
  }

  /** A log line (LogListener). */
  write(level: Level, message: string): void {
    // The server drops empty messages.
    if (levels.indexOf(level) < this._least || message === "") return;
    this._ring.push({ level, message, atMs: this._clock!.monotonic() });
    if (this._attachment !== undefined) this._lane?.wake(gatherMs);
  }

  ready(): boolean {
    return this._clock!.now() !== undefined;
  }

  attached(attachment: Attachment): void {
    this._attachment = attachment;
    this._lane?.wake(gatherMs);
  }

  event(): void {}

  detached(): void {
    this._attachment = undefined;
    this._lane?.stop();
  }

  /** Sends the next lines (LaneOwner). */
  flush(): Attempt {
    const attachment = this._attachment;
    if (attachment === undefined) return "refused";
    if (this._ring.isEmpty) return "empty";
    const many = attachment.version === batched;
    const batch = this._ring.next(many ? maxLogLinesInMessage : 1, maxBatchCharacters);
    const before = this._lastUs;
    const lines = batch.map((line) => this._stamped(line));
    if (!attachment.send("send", many ? { lines } : lines[0])) {
      this._lastUs = before;
      return "refused";
    }
    this._ring.sent(batch);
    return "sent";
  }

  private _stamped({ level, message, atMs }: LogLine): object {
    const us = Math.round((wallTime(this._clock!, atMs) ?? 0) * 1000);
    // A time far before the last one: the clock was corrected, and the new time is right.
    this._lastUs = us < this._lastUs - clockStepUs ? us : Math.max(us, this._lastUs + 1);
    // The server expects microseconds as a text: it would read milliseconds as a time in 1970, and it drops a number.
    return { level, message, meta: { time: String(this._lastUs) } };
  }
}
