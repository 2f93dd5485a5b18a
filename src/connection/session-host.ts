/*
 * What a connection needs of a platform.
 */

import type { Host } from "../../modules/host/host.js";

export type SessionHost = Pick<Host, "network" | "timers" | "random" | "crypto" | "clock">;
