/*
 * The module "nerveshub/hosts/platform/platform" of the simulator, which src/main.ts starts with. Its imports go through the
 * folder's name, since modules are found by the name of the importing module.
 */

import type { Host } from "../../modules/host/host.js";

export { createHost } from "../simulator/host.js";

/** A computer has its network and its time. */
export const startNetwork = (host: Host, _settings: Record<string, unknown>, onUp: () => void): void => {
  host.timers.set(onUp, 0);
};
