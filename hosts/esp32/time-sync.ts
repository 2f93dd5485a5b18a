/*
 * TimeSync: asks time servers until one answers, again once a day, and again soon when somebody contradicts the clock.
 *
 * Portable; the query, the clock, the timers and the random fraction are arguments. TLS needs the date, so nothing works
 * before the first answer: the servers take turns, with waits of 2 s to 5 minutes that double with each round that failed.
 *
 * The rules it guards: a server that does not want to be asked is left alone, and the others are asked; and whoever
 * contradicts the clock is a stranger, so that brings the next question forward and never more than that: the first
 * comes a minute after the last answer at the earliest, each further one after twice the wait, up to an hour.
 */

import type { Clock } from "../../modules/platform/clock.js";
import type { Timer, Timers } from "../../modules/platform/timers.js";
import type { Outcome } from "../../modules/sntp/question.js";

/** One question to one server. `onOutcome` comes once. */
export type TimeQuery = (server: string, onOutcome: (outcome: Outcome) => void) => { close(): void };

export interface TimeSyncOptions {
  /** Names or addresses, at least one. */
  servers: readonly string[];
  query: TimeQuery;
  timers: Timers;
  clock: Pick<Clock, "monotonic">;
  /** 0 (included) to 1 (excluded). */
  fraction(): number;
  onTime(nowMs: number): void;
  print(line: string): void;
}

const firstWaitMs = 2_000;
const longestWaitMs = 300_000;
/** The crystal of an ESP32 drifts by up to 10 ppm, under a second a day. */
const nextSyncMs = 86_400_000;
const firstDoubtWaitMs = 60_000;
const longestDoubtWaitMs = 3_600_000;
/** A server that says RATE is asked too often, by this device or its neighbours. */
const ratePauseMs = 3_600_000;
/** One that says DENY or RSTR must not be asked again (RFC 5905 §7.4). A name may be another server tomorrow. */
const deniedPauseMs = 86_400_000;

const pauseOf = (code: string): number => {
  return code === "RATE" ? ratePauseMs : code === "DENY" || code === "RSTR" ? deniedPauseMs : 0;
};

export class TimeSync {
  private readonly _options: TimeSyncOptions;
  private _running = false;
  /** Of the server that is asked next. */
  private _turn = 0;
  private _failures = 0;
  private _question: { close(): void } | undefined;
  private _timer: Timer | undefined;
  /** Servers that want to be left alone, and until when, in monotonic milliseconds. */
  private readonly _paused = new Map<string, number>();
  /** When a server answered last, in monotonic milliseconds; undefined while none has on this network. */
  private _answeredMs: number | undefined;
  private _doubtWaitMs = firstDoubtWaitMs;
  /** The next answer is to a question that comes of a contradiction. */
  private _doubted = false;

  constructor(options: TimeSyncOptions) {
    this._options = options;
  }

  /** The network is there: ask now. It may be another one, with other servers behind the same names. */
  start(): void {
    if (this._running) return;
    this._running = true;
    this._failures = 0;
    this._paused.clear();
    this._ask();
  }

  /** The network is gone: forget the question. */
  stop(): void {
    this._running = false;
    this._answeredMs = undefined;
    this._doubted = false;
    this._question?.close();
    this._question = undefined;
    this._options.timers.clear(this._timer);
    this._timer = undefined;
  }

  /** Somebody says another time than the clock: a server is asked soon. Nothing to do where one is asked anyway. */
  contradicted(): void {
    if (this._answeredMs === undefined || this._question !== undefined || this._doubted) return;
    this._doubted = true;
    const sinceMs = this._options.clock.monotonic() - this._answeredMs;
    const waitMs = Math.max(0, this._doubtWaitMs - sinceMs);
    this._options.print(`Time: the clock is contradicted; next question in ${Math.round(waitMs)} ms`);
    this._askIn(waitMs);
  }

  private _askIn(waitMs: number): void {
    this._options.timers.clear(this._timer);
    this._timer = this._options.timers.set(() => this._ask(), waitMs);
  }

  /** @returns the server whose turn it is, or how long all of them want to be left alone, in milliseconds */
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
      this._options.print(`Time: every server refuses to be asked; next question in ${Math.round(server)} ms`);
      this._askIn(server);
      return;
    }
    let pending = true;
    const onOutcome = (outcome: Outcome) => {
      if (!pending) return;
      pending = false;
      this._question = undefined;
      if (this._running) this._answered(server, outcome);
    };
    try {
      const question = this._options.query(server, onOutcome);
      if (pending) this._question = question;
    } catch {
      onOutcome({ type: "failed", why: "there is no socket or no memory just now" });
    }
  }

  private _answered(server: string, outcome: Outcome): void {
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

  private _failed(server: string, outcome: Exclude<Outcome, { type: "time" }>): void {
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
    print(`Time: no usable answer from ${server}, ${why}; next question in ${waitMs} ms`);
  }
}
