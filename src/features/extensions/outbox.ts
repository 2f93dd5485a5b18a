/*
 * Outbox: sends the messages of a link's extensions, each extension at its own rate and never faster than the server takes
 * them.
 *
 * NervesHub silently drops messages that exceed its token bucket, and it keeps that bucket per device, not per connection. So
 * each extension has a Lane, which lives as long as the link and has a smaller bucket than the server's. All lanes share one
 * timer.
 */

import type { Timer } from "../../../modules/platform/timers.js";
import type { Core, Feature } from "../../feature.js";
import { tell } from "../../log/guarded.js";

/** Characters in one batch of log lines, readings or error reports: at most 16 KB of UTF-8, half of the send queue. */
export const maxBatchCharacters = 4096;

export interface Rate {
  /** Messages a second over a long time. */
  readonly perSecond: number;
  /** Messages at once. */
  readonly burst: number;
}

/** Result of an attempt to send: "refused" when not attached or the connection is backed up, "empty" with nothing to send. */
export type Attempt = "sent" | "refused" | "empty";

export interface LaneOwner {
  /** Sends one message; called again at once while it answers "sent" and the bucket has something left. */
  flush(): Attempt;
}

const never = Number.POSITIVE_INFINITY;

/** After a refusal. */
const retryMs = 1000;

export class Outbox implements Feature {
  private _core: Core | undefined;
  private readonly _lanes: Lane[] = [];
  private _timer: Timer | undefined;
  private _dueMs = 0;

  install(core: Core): void {
    this._core = core;
  }

  get nowMs(): number {
    return this._core!.platform.clock.monotonic();
  }

  lane(rate: Rate, owner: LaneOwner): Lane {
    const lane = new Lane(this, rate, owner);
    this._lanes.push(lane);
    return lane;
  }

  /** Sets the timer for a lane that is due at `dueMs`, monotonic milliseconds. */
  expect(dueMs: number): void {
    if (this._timer !== undefined && dueMs >= this._dueMs) return;
    const { timers } = this._core!.platform;
    timers.clear(this._timer);
    this._dueMs = dueMs;
    this._timer = timers.set(() => this._run(), Math.max(0, dueMs - this.nowMs));
  }

  /** A lane has stopped: clears the timer when no other lane is due. */
  stopped(): void {
    if (this._lanes.some(({ dueMs }) => dueMs !== never)) return;
    this._core!.platform.timers.clear(this._timer);
    this._timer = undefined;
  }

  private _run(): void {
    this._timer = undefined;
    const now = this.nowMs;
    for (const lane of this._lanes)
      if (lane.dueMs <= now) tell(this._core!.log, "an extension's message", () => lane.run());
    for (const { dueMs } of this._lanes) if (dueMs !== never) this.expect(dueMs);
  }
}

export class Lane {
  private readonly _outbox: Outbox;
  private readonly _rate: Rate;
  private readonly _owner: LaneOwner;
  private _tokens: number;
  private _filledMs: number;
  /** When the lane runs next, monotonic milliseconds; infinite when there is nothing to send. */
  dueMs = never;

  constructor(outbox: Outbox, rate: Rate, owner: LaneOwner) {
    this._outbox = outbox;
    this._rate = rate;
    this._owner = owner;
    this._tokens = rate.burst;
    this._filledMs = outbox.nowMs;
  }

  /** There is something to send. @param delayMs time to gather more of it; of several calls the earliest time counts */
  wake(delayMs = 0): void {
    const dueMs = this._outbox.nowMs + Math.max(delayMs, this._untilTokenMs());
    if (dueMs >= this.dueMs) return;
    this.dueMs = dueMs;
    this._outbox.expect(dueMs);
  }

  stop(): void {
    this.dueMs = never;
    this._outbox.stopped();
  }

  /** Sends what the bucket allows. */
  run(): void {
    this.dueMs = never;
    while (this._untilTokenMs() === 0) {
      const attempt = this._owner.flush();
      if (attempt === "empty") return;
      if (attempt === "refused") {
        this.wake(retryMs);
        return;
      }
      this._tokens--;
    }
    this.wake();
  }

  private _untilTokenMs(): number {
    const now = this._outbox.nowMs;
    const { perSecond, burst } = this._rate;
    this._tokens = Math.min(burst, this._tokens + ((now - this._filledMs) / 1000) * perSecond);
    this._filledMs = now;
    // Rounded up to a whole millisecond, so that the token is there when the timer fires.
    return this._tokens >= 1 ? 0 : Math.ceil(((1 - this._tokens) * 1000) / perSecond);
  }
}
