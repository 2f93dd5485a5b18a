/*
 * SessionPlatform: the part of a platform that a connection needs.
 */

import type { Platform } from "../../modules/platform/platform.js";

export type SessionPlatform = Pick<Platform, "network" | "timers" | "random" | "crypto" | "clock">;
