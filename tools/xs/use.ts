/*
 * Use: one thing that an operator does to an app of test/xs on any day. ordinary-use.ts runs the uses.
 */

import type { UsedDevice } from "./used-device.js";

/** An app, built once for all its uses. */
export interface UsedApp {
  /** Its folder below test/xs. */
  readonly folder: string;
  /** Its manifest's build.NAME. */
  readonly name: string;
}

/** The app with everything switched on that an operator can use, except the prompt. */
export const ordinaryApp: UsedApp = { folder: "ordinary-use", name: "nerveshub-ordinary-use" };

export interface Use {
  readonly name: string;
  readonly app: UsedApp;
  /** The path to the hub ends a connection that is quiet for that long, in milliseconds; the app beats every second then. */
  readonly forgetsMs?: number;
  /** Throws when something is not as it should be. Whether the program still runs is checked afterwards anyway. */
  run(device: UsedDevice): Promise<void>;
}
