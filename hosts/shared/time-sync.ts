/*
 * TimeSync: asks time servers until one answers, and again once a day.
 *
 * Portable; the query, the timers and the random fraction are arguments. TLS needs the date, so nothing works before the
 * first answer: the servers take turns, with waits of 2 s to 5 minutes that double with each round that failed.
 *
 * The rule it guards: an unauthenticated answer may set the clock, but never to a date before this firmware was written;
 * such an answer counts as none. (It can still be wrong: SNTP proves nothing, and TLS then refuses with "clock".)
 */

import type { Timer, Timers } from "../../modules/host/timers.js";

/** One question to one server. `onAnswer` comes once, with milliseconds since 1970, or undefined after its own retries. */
export type TimeQuery = (server: string, onAnswer: (nowMs: number | undefined) => void) => { close(): void };

export interface TimeSyncOptions {
  /** Names or addresses, at least one. */
  servers: readonly string[];
  query: TimeQuery;
  timers: Timers;
  /** 0 (included) to 1 (excluded). */
  fraction(): number;
  onTime(nowMs: number): void;
  print(line: string): void;
}

/** 2026-01-01T00:00:00Z: earlier than every build of this code. */
const EARLIEST_MS = 1_767_225_600_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 300_000;
/** The crystal of an ESP32 drifts by up to 10 ppm, under a second a day. */
const NEXT_SYNC_MS = 86_400_000;

export class TimeSync {
  readonly #options: TimeSyncOptions;
  #running = false;
  #asked = 0;
  #failures = 0;
  #question: { close(): void } | undefined;
  #timer: Timer | undefined;

  constructor(options: TimeSyncOptions) {
    this.#options = options;
  }

  /** The network is there: ask now. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    this.#ask();
  }

  /** The network is gone: forget the question. */
  stop(): void {
    this.#running = false;
    this.#question?.close();
    this.#question = undefined;
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #ask(): void {
    const server = this.#options.servers[this.#asked++ % this.#options.servers.length];
    let pending = true;
    const onAnswer = (nowMs: number | undefined) => {
      if (!pending) return;
      pending = false;
      this.#question = undefined;
      if (this.#running) this.#answered(server, nowMs);
    };
    try {
      const question = this.#options.query(server, onAnswer);
      if (pending) this.#question = question;
    } catch {
      onAnswer(undefined); // no socket or no memory just now: the same as no answer
    }
  }

  #answered(server: string, nowMs: number | undefined): void {
    if (nowMs !== undefined && nowMs >= EARLIEST_MS) {
      this.#failures = 0;
      this.#timer = this.#options.timers.set(() => this.#ask(), NEXT_SYNC_MS);
      this.#options.print(`Time: ${new Date(nowMs).toISOString()} from ${server}`);
      this.#options.onTime(nowMs);
      return;
    }
    const rounds = Math.floor(this.#failures++ / this.#options.servers.length);
    const spread = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(rounds, 16));
    const waitMs = Math.round(spread / 2 + (this.#options.fraction() * spread) / 2);
    this.#timer = this.#options.timers.set(() => this.#ask(), waitMs);
    this.#options.print(`Time: no usable answer from ${server}; next question in ${waitMs} ms`);
  }
}
