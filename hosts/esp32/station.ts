/*
 * Station: keeps a Wi-Fi station (or any interface that has to be joined) connected, for as long as the device runs.
 *
 * It is portable: the radio, the timers and the random fraction are arguments. The SDK's own `setup/network` is not used:
 * it starts the application only after it has an address, and it does not try again.
 *
 * The rule it guards: a station never gives up and never hammers. Every attempt is bounded in time. After each failure it
 * waits; the wait doubles with each failure in a row, from 1 s to 60 s, and half of it is random, so that a building full
 * of devices does not come back to its access point in the same second.
 */

import type { Timer, Timers } from "../../modules/platform/timers.js";

/** The network interface that the station joins with. */
export interface Radio {
  /** Starts to join; may throw. */
  connect(): void;
  /** Leaves, or stops joining; allowed at any time. */
  disconnect(): void;
  /** "up": there is an address. "busy": it joins or waits for an address. "down": neither. */
  readonly state: "up" | "busy" | "down";
}

export interface StationOptions {
  radio: Radio;
  timers: Timers;
  /** Random: 0 (included) to 1 (excluded). */
  fraction(): number;
  /** There is an address. `onUp` is called first, then `onDown` and `onUp` in turn. */
  onUp(): void;
  onDown(): void;
  print(line: string): void;
}

/** Bound on one attempt. Association and DHCP take 2 to 10 s on a busy access point; lwIP's DHCP tries 4 times within 30 s. */
const attemptLimitMs = 30_000;
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

export class Station {
  private readonly _options: StationOptions;
  private _phase: "stopped" | "waiting" | "joining" | "up" = "stopped";
  private _failures = 0;
  private _timer: Timer | undefined;

  constructor(options: StationOptions) {
    this._options = options;
  }

  get up(): boolean {
    return this._phase === "up";
  }

  start(): void {
    if (this._phase !== "stopped") return;
    this._failures = 0;
    this._join();
  }

  stop(): void {
    this._leave("stopped");
  }

  /** To be called whenever the radio's state may have changed. */
  changed(): void {
    const state = this._options.radio.state;
    if (this._phase === "joining" && state === "up") this._joined();
    else if (this._phase === "joining" && state === "down") this._failed("could not join");
    else if (this._phase === "up" && state !== "up") this._failed("connection lost");
  }

  private _join(): void {
    this._phase = "joining";
    this._timer = this._options.timers.set(() => this._failed("no address in time"), attemptLimitMs);
    try {
      this._options.radio.connect();
    } catch (error) {
      this._failed(error instanceof Error ? error.message : String(error));
    }
  }

  private _joined(): void {
    this._options.timers.clear(this._timer);
    this._phase = "up";
    this._failures = 0;
    this._options.print("Wi-Fi: connected");
    this._options.onUp();
  }

  private _failed(reason: string): void {
    const spread = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this._failures, 16));
    const waitMs = Math.round(spread / 2 + (this._options.fraction() * spread) / 2);
    this._failures++;
    this._options.print(`Wi-Fi: ${reason}; next attempt in ${waitMs} ms`);
    if (this._leave("waiting")) this._timer = this._options.timers.set(() => this._join(), waitMs);
  }

  /** @returns false when `onDown` has stopped or restarted the station */
  private _leave(phase: "stopped" | "waiting"): boolean {
    const wasUp = this._phase === "up";
    this._options.timers.clear(this._timer);
    this._timer = undefined;
    this._phase = phase;
    this._options.radio.disconnect();
    if (wasUp) this._options.onDown();
    return this._phase === phase;
  }
}
