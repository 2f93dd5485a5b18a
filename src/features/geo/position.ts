/*
 * Position: where a device is, and a service that finds it out.
 */

import type { Core } from "../../feature.js";

export interface Position {
  /** Degrees, north is positive. */
  readonly latitude: number;
  /** Degrees, east is positive. */
  readonly longitude: number;
  /** Metres. */
  readonly accuracy?: number;
  /** Where it comes from, shown to the operator: "gps", "fixed". Default "device". */
  readonly source?: string;
}

/** A service that finds out the position. */
export interface PositionService {
  install(core: Core): void;
  /** @returns the position if it is known; otherwise requests it and calls `found` when it is known */
  resolve(found: () => void): Position | undefined;
  close(): void;
}
