/*
 * The module "nerveshub/hosts/platform/network" of the simulator.
 */

import type { Host } from "../../modules/host/host.js";

/** A computer has its network and its time. */
export const startNetwork = (host: Host, _settings: Record<string, unknown>, onUp: () => void): void => {
  host.timers.set(onUp, 0);
};
