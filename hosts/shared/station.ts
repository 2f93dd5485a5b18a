/*
 * Station: keeps a Wi-Fi station (or any interface that has to be joined) connected, for as long as the device runs.
 *
 * Portable; the radio, the timers and the random fraction are arguments. The SDK's own `setup/network` is not used: it
 * starts the application only after it has an address, and it does not try again.
 *
 * The rule it guards: a station never gives up and never hammers. Every attempt has an end, every end is followed by a
 * wait of 1 s to 60 s that doubles with each failure in a row, and half of each wait is random so that a building full of
 * devices does not come back to its access point in the same second.
 */

import type { Timer, Timers } from "../../modules/host/timers.js";

/** What the station drives. */
export interface Radio {
  /** Starts to join; may throw. */
  connect(): void;
  /** Leaves, or stops joining; fine at any time. */
  disconnect(): void;
  /** "up" has an address; "busy" is joining or waits for an address; "down" is neither. */
  readonly state: "up" | "busy" | "down";
}

export interface StationOptions {
  radio: Radio;
  timers: Timers;
  /** 0 (included) to 1 (excluded). */
  fraction(): number;
  /** There is an address. Alternates with `onDown`, beginning with this. */
  onUp(): void;
  onDown(): void;
  print(line: string): void;
}

/** Association and DHCP take 2 to 10 s on a busy access point; lwIP's DHCP gives a lost offer 4 tries within 30 s. */
const ATTEMPT_LIMIT_MS = 30_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export class Station {
  readonly #options: StationOptions;
  #phase: "stopped" | "waiting" | "joining" | "up" = "stopped";
  #failures = 0;
  #timer: Timer | undefined;

  constructor(options: StationOptions) {
    this.#options = options;
  }

  get up(): boolean {
    return this.#phase === "up";
  }

  start(): void {
    if (this.#phase !== "stopped") return;
    this.#failures = 0;
    this.#join();
  }

  stop(): void {
    this.#leave("stopped");
  }

  /** To be called whenever the radio's state may have changed. */
  changed(): void {
    const state = this.#options.radio.state;
    if (this.#phase === "joining" && state === "up") this.#joined();
    else if (this.#phase === "joining" && state === "down") this.#failed("could not join");
    else if (this.#phase === "up" && state !== "up") this.#failed("connection lost");
  }

  #join(): void {
    this.#phase = "joining";
    this.#timer = this.#options.timers.set(() => this.#failed("no address in time"), ATTEMPT_LIMIT_MS);
    try {
      this.#options.radio.connect();
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error));
    }
  }

  #joined(): void {
    this.#options.timers.clear(this.#timer);
    this.#phase = "up";
    this.#failures = 0;
    this.#options.print("Wi-Fi: connected");
    this.#options.onUp();
  }

  #failed(reason: string): void {
    const spread = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#failures, 16));
    const waitMs = Math.round(spread / 2 + (this.#options.fraction() * spread) / 2);
    this.#failures++;
    this.#options.print(`Wi-Fi: ${reason}; next attempt in ${waitMs} ms`);
    if (this.#leave("waiting")) this.#timer = this.#options.timers.set(() => this.#join(), waitMs);
  }

  /** @returns false when `onDown` has stopped or restarted the station */
  #leave(phase: "stopped" | "waiting"): boolean {
    const wasUp = this.#phase === "up";
    this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
    this.#phase = phase;
    this.#options.radio.disconnect();
    if (wasUp) this.#options.onDown();
    return this.#phase === phase;
  }
}
