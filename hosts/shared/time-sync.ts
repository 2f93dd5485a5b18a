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

import type { Clock } from "../../modules/host/clock.js";
import type { Timer, Timers } from "../../modules/host/timers.js";
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

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
/** The crystal of an ESP32 drifts by up to 10 ppm, under a second a day. */
const NEXT_SYNC_MS = 86_400_000;
const FIRST_DOUBT_WAIT_MS = 60_000;
const LONGEST_DOUBT_WAIT_MS = 3_600_000;
/** A server that says RATE is asked too often, by this device or its neighbours. */
const RATE_PAUSE_MS = 3_600_000;
/** One that says DENY or RSTR must not be asked again (RFC 5905 §7.4). A name may be another server tomorrow. */
const DENIED_PAUSE_MS = 86_400_000;

function pauseOf(code: string): number {
  return code === "RATE" ? RATE_PAUSE_MS : code === "DENY" || code === "RSTR" ? DENIED_PAUSE_MS : 0;
}

export class TimeSync {
  readonly #options: TimeSyncOptions;
  #running = false;
  /** Of the server that is asked next. */
  #turn = 0;
  #failures = 0;
  #question: { close(): void } | undefined;
  #timer: Timer | undefined;
  /** Servers that want to be left alone, and until when, in monotonic milliseconds. */
  readonly #paused = new Map<string, number>();
  /** When a server answered last, in monotonic milliseconds; undefined while none has on this network. */
  #answeredMs: number | undefined;
  #doubtWaitMs = FIRST_DOUBT_WAIT_MS;
  /** The next answer is to a question that comes of a contradiction. */
  #doubted = false;

  constructor(options: TimeSyncOptions) {
    this.#options = options;
  }

  /** The network is there: ask now. It may be another one, with other servers behind the same names. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    this.#paused.clear();
    this.#ask();
  }

  /** The network is gone: forget the question. */
  stop(): void {
    this.#running = false;
    this.#answeredMs = undefined;
    this.#doubted = false;
    this.#question?.close();
    this.#question = undefined;
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  /** Somebody says another time than the clock: a server is asked soon. Nothing to do where one is asked anyway. */
  contradicted(): void {
    if (this.#answeredMs === undefined || this.#question !== undefined || this.#doubted) return;
    this.#doubted = true;
    const sinceMs = this.#options.clock.monotonic() - this.#answeredMs;
    const waitMs = Math.max(0, this.#doubtWaitMs - sinceMs);
    this.#options.print(`Time: the clock is contradicted; next question in ${Math.round(waitMs)} ms`);
    this.#askIn(waitMs);
  }

  #askIn(waitMs: number): void {
    this.#options.timers.clear(this.#timer);
    this.#timer = this.#options.timers.set(() => this.#ask(), waitMs);
  }

  /** @returns the server whose turn it is, or how long all of them want to be left alone, in milliseconds */
  #next(): string | number {
    const { servers, clock } = this.#options;
    const nowMs = clock.monotonic();
    let shortestMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < servers.length; i++) {
      const server = servers[this.#turn++ % servers.length];
      const pausedMs = (this.#paused.get(server) ?? 0) - nowMs;
      if (pausedMs <= 0) return server;
      shortestMs = Math.min(shortestMs, pausedMs);
    }
    return shortestMs;
  }

  #ask(): void {
    this.#timer = undefined;
    const server = this.#next();
    if (typeof server === "number") {
      this.#options.print(`Time: every server refuses to be asked; next question in ${Math.round(server)} ms`);
      this.#askIn(server);
      return;
    }
    let pending = true;
    const onOutcome = (outcome: Outcome) => {
      if (!pending) return;
      pending = false;
      this.#question = undefined;
      if (this.#running) this.#answered(server, outcome);
    };
    try {
      const question = this.#options.query(server, onOutcome);
      if (pending) this.#question = question;
    } catch {
      onOutcome({ type: "failed", why: "there is no socket or no memory just now" });
    }
  }

  #answered(server: string, outcome: Outcome): void {
    if (outcome.type !== "time") {
      this.#failed(server, outcome);
      return;
    }
    const { nowMs } = outcome;
    this.#failures = 0;
    this.#answeredMs = this.#options.clock.monotonic();
    this.#doubtWaitMs = this.#doubted ? Math.min(LONGEST_DOUBT_WAIT_MS, this.#doubtWaitMs * 2) : FIRST_DOUBT_WAIT_MS;
    this.#doubted = false;
    this.#askIn(NEXT_SYNC_MS);
    this.#options.print(`Time: ${new Date(nowMs).toISOString()} from ${server}`);
    this.#options.onTime(nowMs);
  }

  #failed(server: string, outcome: Exclude<Outcome, { type: "time" }>): void {
    const { servers, clock, fraction, print } = this.#options;
    let why: string;
    if (outcome.type === "failed") why = outcome.why;
    else {
      why = `it refuses (${outcome.code})`;
      const pauseMs = pauseOf(outcome.code);
      if (pauseMs > 0) this.#paused.set(server, clock.monotonic() + pauseMs);
    }
    const rounds = Math.floor(this.#failures++ / servers.length);
    const spread = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(rounds, 16));
    const waitMs = Math.round(spread / 2 + (fraction() * spread) / 2);
    this.#askIn(waitMs);
    print(`Time: no usable answer from ${server}, ${why}; next question in ${waitMs} ms`);
  }
}
