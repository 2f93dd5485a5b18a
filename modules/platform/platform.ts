/*
 * Platform: everything that the agent needs from the platform below it, in one object. A new platform implements these
 * interfaces and nothing else (docs/architecture.md).
 */

import type { Network } from "./byte-stream.js";
import type { Clock } from "./clock.js";
import type { Crypto } from "./crypto.js";
import type { Device } from "./device.js";
import type { Random } from "./random.js";
import type { Slots } from "./slots.js";
import type { Store } from "./store.js";
import type { Timers } from "./timers.js";

export interface Platform {
  readonly network: Network;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly crypto: Crypto;
  readonly slots: Slots;
  readonly store: Store;
  readonly device: Device;
  /** Writes one line where a developer looks: the serial console, xsbug, stdout. */
  print(line: string): void;
}
