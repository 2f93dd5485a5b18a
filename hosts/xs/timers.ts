/*
 * XsTimers: Timers over the SDK's `timer`. An exception that leaves a callback would end the machine, and so would the
 * rejection of an async callback: both are caught and printed here.
 */

import Timer from "timer";
import { stackOf } from "../../modules/fault/fault.js";
import { settle } from "../../modules/fault/settle.js";
import type { Timer as HostTimer, Timers } from "../../modules/platform/timers.js";

const ended = (): void => {};

const failed = (error: unknown, how: string): void => {
  trace(`A timer callback ${how}: ${stackOf(error)}\n`);
};

const guarded = (callback: () => void): (() => void) => {
  return () => settle(callback, ended, failed);
};

export class XsTimers implements Timers {
  set(callback: () => void, delayMs: number): HostTimer {
    return Timer.set(guarded(callback), delayMs);
  }

  repeat(callback: () => void, intervalMs: number): HostTimer {
    return Timer.repeat(guarded(callback), intervalMs);
  }

  clear(timer: HostTimer | undefined): void {
    Timer.clear(timer as Timer | undefined);
  }
}
