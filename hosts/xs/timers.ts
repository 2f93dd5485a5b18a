/*
 * Timers on XS, over the SDK's `timer`. An exception that left a callback would end the machine, so each is caught and
 * printed here.
 */

import Timer from "timer";
import type { Timer as HostTimer, Timers } from "../../modules/host/timers.js";

function guarded(callback: () => void): () => void {
  return () => {
    try {
      callback();
    } catch (error) {
      trace(`A timer callback threw: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  };
}

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
