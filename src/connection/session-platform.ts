/*
 * What a connection needs of a platform.
 */

import type { Platform } from "../../modules/platform/platform.js";

export type SessionPlatform = Pick<Platform, "network" | "timers" | "random" | "crypto" | "clock">;
