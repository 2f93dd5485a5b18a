/*
 * What a use is: one thing that an operator does on any day, to an app of test/xs (see ordinary-use.ts, which runs them).
 */

import type { UsedDevice } from "./used-device.js";

/** An app, built once for all its uses. */
export interface UsedApp {
  /** Its folder below test/xs. */
  readonly folder: string;
  /** Its manifest's build.NAME. */
  readonly name: string;
}

/** With everything switched on that an operator can use, but for the prompt. */
export const ordinaryApp: UsedApp = { folder: "ordinary-use", name: "nerveshub-ordinary-use" };

export interface Use {
  readonly name: string;
  readonly app: UsedApp;
  /** Throws when something is not as it should be; that the program goes on is looked at afterwards anyway. */
  run(device: UsedDevice): Promise<void>;
}
