/*
 * The platform of an ESP32: makes each part that the agent needs.
 */

import { networkOver } from "nerveshub/hosts/platform/secure";
import type { Platform } from "../../modules/platform/platform.js";
import { XsClock } from "../xs/clock.js";
import { XsCrypto } from "../xs/crypto.js";
import { PlainNetwork } from "../xs/network.js";
import { XsTimers } from "../xs/timers.js";
import { EspDevice } from "./device.js";
import { HardwareRandom } from "./random.js";
import { resolve } from "./resolve.js";
import { runningTimeBounds } from "./running-build.js";
import { PartitionSlots } from "./slots.js";
import { nvsStore } from "./store.js";

/** Makes the platform. To be called once per run: slots, clock and the cache of TLS sessions keep state. */
export const createPlatform = (): Platform => {
  const timers = new XsTimers();
  const random = new HardwareRandom();
  const slots = new PartitionSlots();
  const clock = new XsClock(runningTimeBounds(slots.running));
  const network = new PlainNetwork(resolve);
  return {
    network: networkOver({ network, timers, clock, random }),
    clock,
    timers,
    random,
    crypto: new XsCrypto(),
    slots,
    store: nvsStore(),
    device: new EspDevice(slots.running),
    print: (line) => trace(`${line}\n`),
  };
};
