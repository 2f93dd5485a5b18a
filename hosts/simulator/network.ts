/*
 * The module "nerveshub/hosts/platform/network" of the simulator.
 */

import type { Platform } from "../../modules/platform/platform.js";

/** A computer has its network and its time. */
export const startNetwork = (platform: Platform, _settings: Record<string, unknown>, onUp: () => void): void => {
  platform.timers.set(onUp, 0);
};
