/*
 * TimeSync: asks time servers until one answers, again once a day, and again soon when something contradicts the clock.
 *
 * It is portable: the request, the clock, the timers and the random fraction are arguments. Before the first answer TLS has
 * no date to judge certificates by but what a link tells the clock (`Clock.earliestMs`). The servers are asked in turn, with
 * waits of 2 s to 5 minutes that double with each failed round.
 *
 * The rules it guards: a server that does not want to be asked is left alone, and the others are asked. A contradiction
 * comes from strangers, so it only brings the next request forward: to a minute after the last answer at the earliest, and
 * after twice the wait with each further contradiction, up to an hour.
 */

import type { Clock } from "../../modules/platform/clock.js";
import type { Timer, Timers } from "../../modules/platform/timers.js";
import type { SntpOutcome } from "../../modules/sntp/exchange.js";

/** Sends one request to one server. `onOutcome` is called once. */
export type TimeRequest = (server: string, onOutcome: (outcome: SntpOutcome) => void) => { close(): void };

export interface TimeSyncOptions {
  /** Names or addresses, at least one. */
  servers: readonly string[];
  request: TimeRequest;
  timers: Timers;
  clock: Pick<Clock, "monotonic">;
  /** Random: 0 (included) to 1 (excluded). */
  fraction(): number;
  onTime(nowMs: number): void;
  print(line: string): void;
}

const firstWaitMs = 2_000;
const longestWaitMs = 300_000;
/** A day: the crystal of an ESP32 drifts by up to 10 ppm, under a second a day. */
const nextSyncMs = 86_400_000;
const firstDoubtWaitMs = 60_000;
const longestDoubtWaitMs = 3_600_000;
/** Pause after RATE: the server is asked too often, by this device or its neighbours. */
const ratePauseMs = 3_600_000;
/** Pause after DENY or RSTR: the server must not be asked again (RFC 5905 §7.4), but its name may be another one tomorrow. */
const deniedPauseMs = 86_400_000;

const pauseOf = (code: string): number => {
  return code === "RATE" ? ratePauseMs : code === "DENY" || code === "RSTR" ? deniedPauseMs : 0;
};

export class TimeSync {
  private readonly _options: TimeSyncOptions;
  private _running = false;
  /** Counts the turns; modulo the number of servers it is the index of the next one. */
  private _turn = 0;
  private _failures = 0;
  private _request: { close(): void } | undefined;
  private _timer: Timer | undefined;
  /** Until when a server is not asked, in monotonic milliseconds, by server. */
  private readonly _paused = new Map<string, number>();
  /** When a server answered last, in monotonic milliseconds; undefined while none has on this network. */
  private _answeredMs: number | undefined;
  private _doubtWaitMs = firstDoubtWaitMs;
  /** True when a contradiction has brought the next request forward. */
  private _doubted = false;

  constructor(options: TimeSyncOptions) {
    this._options = options;
  }

  /** Starts asking: there is a network. It may be another one, with other servers behind the same names. */
  start(): void {
    if (this._running) return;
    this._running = true;
    this._failures = 0;
    this._paused.clear();
    this._ask();
  }

  /** Stops asking: the network is gone. */
  stop(): void {
    this._running = false;
    this._answeredMs = undefined;
    this._doubted = false;
    this._request?.close();
    this._request = undefined;
    this._options.timers.clear(this._timer);
    this._timer = undefined;
  }

  /** Brings the next request forward, since something contradicts the clock. Does nothing while a server is asked anyway. */
  contradicted(): void {
    if (this._answeredMs === undefined || this._request !== undefined || this._doubted) return;
    this._doubted = true;
    const sinceMs = this._options.clock.monotonic() - this._answeredMs;
    const waitMs = Math.max(0, this._doubtWaitMs - sinceMs);
    this._options.print(`Time: the clock is contradicted; next request in ${Math.round(waitMs)} ms`);
    this._askIn(waitMs);
  }

  private _askIn(waitMs: number): void {
    this._options.timers.clear(this._timer);
    this._timer = this._options.timers.set(() => this._ask(), waitMs);
  }

  /** @returns the server whose turn it is; when all are paused, the milliseconds until the first may be asked again */
  private _next(): string | number {
    const { servers, clock } = this._options;
    const nowMs = clock.monotonic();
    let shortestMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < servers.length; i++) {
      const server = servers[this._turn++ % servers.length];
      const pausedMs = (this._paused.get(server) ?? 0) - nowMs;
      if (pausedMs <= 0) return server;
      shortestMs = Math.min(shortestMs, pausedMs);
    }
    return shortestMs;
  }

  private _ask(): void {
    this._timer = undefined;
    const server = this._next();
    if (typeof server === "number") {
      this._options.print(`Time: every server refuses to be asked; next request in ${Math.round(server)} ms`);
      this._askIn(server);
      return;
    }
    let pending = true;
    const onOutcome = (outcome: SntpOutcome) => {
      if (!pending) return;
      pending = false;
      this._request = undefined;
      if (this._running) this._answered(server, outcome);
    };
    try {
      const request = this._options.request(server, onOutcome);
      if (pending) this._request = request;
    } catch {
      onOutcome({ type: "failed", why: "there is no socket or no memory just now" });
    }
  }

  private _answered(server: string, outcome: SntpOutcome): void {
    if (outcome.type !== "time") {
      this._failed(server, outcome);
      return;
    }
    const { nowMs } = outcome;
    this._failures = 0;
    this._answeredMs = this._options.clock.monotonic();
    this._doubtWaitMs = this._doubted ? Math.min(longestDoubtWaitMs, this._doubtWaitMs * 2) : firstDoubtWaitMs;
    this._doubted = false;
    this._askIn(nextSyncMs);
    this._options.print(`Time: ${new Date(nowMs).toISOString()} from ${server}`);
    this._options.onTime(nowMs);
  }

  private _failed(server: string, outcome: Exclude<SntpOutcome, { type: "time" }>): void {
    const { servers, clock, fraction, print } = this._options;
    let why: string;
    if (outcome.type === "failed") why = outcome.why;
    else {
      why = `it refuses (${outcome.code})`;
      const pauseMs = pauseOf(outcome.code);
      if (pauseMs > 0) this._paused.set(server, clock.monotonic() + pauseMs);
    }
    const rounds = Math.floor(this._failures++ / servers.length);
    const spread = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(rounds, 16));
    const waitMs = Math.round(spread / 2 + (fraction() * spread) / 2);
    this._askIn(waitMs);
    print(`Time: no usable answer from ${server}, ${why}; next request in ${waitMs} ms`);
  }
}
