/*
 * The module "nerveshub/hosts/platform/network" of the simulator.
 */

import type { Platform } from "../../modules/platform/platform.js";

/** Calls `onUp` in the next turn: a computer has a network and the time already. */
export const startNetwork = (platform: Platform, _settings: Record<string, unknown>, onUp: () => void): void => {
  platform.timers.set(onUp, 0);
};
