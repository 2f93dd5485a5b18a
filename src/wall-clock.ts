/*
 * WallClock: the time of day for signing, and where it came from.
 *
 * A shared secret is refused when the time in it is more than 90 s old or a second ahead of the server, and the refusal
 * looks like a wrong secret. So the time is looked for in this order: the host's clock (which SNTP sets), the `Date`
 * header of a refusal, the last time known to the store. The log says which was used.
 *
 * The rule it guards: a `Date` header is believed only when it lies after this firmware's build. It corrects what is
 * signed; it sets the host's clock only where that knows no time at all, and so never speaks for a certificate check of
 * the connection that it came over.
 */

import type { Clock } from "../modules/host/clock.js";
import type { Store } from "../modules/host/store.js";
import type { Log } from "./log.js";

const storeKey = "last-time";

/** Signed this much in the past: the server takes 90 s of age and not one second of future. */
const signedInPastMs = 2000;

/** A difference below this is the header's resolution and the way here. */
const toleranceMs = 3000;

export class WallClock {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #log: Log;
  readonly #builtMs: number;
  /** Server's time less ours, in milliseconds, from a Date header. */
  #offsetMs = 0;
  #source: "the device's clock" | "a Date header" | "the store" | "the build time" = "the device's clock";

  /** @param builtMs when this firmware was built, milliseconds since 1970: no true time is before it */
  constructor(clock: Clock, store: Store, log: Log, builtMs: number) {
    this.#clock = clock;
    this.#store = store;
    this.#log = log;
    this.#builtMs = builtMs;
  }

  /** Where the time of the next signature comes from, for the log. */
  get source(): string {
    return this.#source;
  }

  /** Seconds since 1970 to sign with. Never undefined: a guess earns a refusal whose Date header says the true time. */
  signingTime(): number {
    return Math.floor((this.#now() + this.#offsetMs - signedInPastMs) / 1000);
  }

  /**
   * A refusal's `Date` header.
   * @returns the server's time less ours before the correction, in milliseconds, or undefined when the header is no use
   */
  learn(header: string | undefined): number | undefined {
    const serverMs = header === undefined ? Number.NaN : Date.parse(header);
    if (Number.isNaN(serverMs) || serverMs < this.#builtMs) return undefined;
    const differenceMs = serverMs - (this.#now() + this.#offsetMs);
    if (Math.abs(differenceMs) < toleranceMs) return differenceMs;
    if (this.#clock.now() === undefined) {
      this.#clock.set(serverMs);
      this.#offsetMs = 0;
    } else {
      this.#offsetMs += differenceMs;
    }
    this.#source = "a Date header";
    const direction = differenceMs > 0 ? "behind" : "ahead of";
    this.#log.warning(
      `The clock is ${Math.round(Math.abs(differenceMs) / 1000)} s ${direction} the server's; its time is used to sign.`,
    );
    return differenceMs;
  }

  /** The server has accepted us: this time is good enough to start from after a restart. */
  remember(): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, this.#now() + this.#offsetMs);
    this.#store.set(storeKey, bytes);
  }

  #now(): number {
    const now = this.#clock.now();
    if (now !== undefined && now >= this.#builtMs) {
      if (this.#offsetMs === 0 && this.#source !== "a Date header") this.#source = "the device's clock";
      return now;
    }
    const bytes = this.#store.get(storeKey);
    const stored = bytes?.byteLength === 8 ? new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0) : Number.NaN;
    if (stored >= this.#builtMs) {
      this.#source = "the store";
      return stored;
    }
    this.#source = "the build time";
    return this.#builtMs;
  }
}
