/*
 * The hub's clock and timers when nobody gives others: the machine's own.
 */

import type { Timer, Timers } from "../../modules/platform/timers.js";

/** What the hub asks of a clock: milliseconds since 1970. */
export interface HubClock {
  now(): number;
}

export const systemClock: HubClock = { now: () => Date.now() };

export const systemTimers: Timers = {
  set: (callback, delayMs) => setTimeout(callback, delayMs),
  repeat: (callback, intervalMs) => setInterval(callback, intervalMs),
  clear: (timer: Timer | undefined) => clearTimeout(timer as NodeJS.Timeout | undefined),
};
