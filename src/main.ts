/*
 * The flashable app: a device that can be reached and updated through NervesHub, and does nothing else. It reads the
 * configuration, brings up the network and starts the link. An application of your own does the same with
 * `new NervesHubLink(options, platform)`.
 *
 * Configuration comes from the store (provisioned, survives updates), or else from mc/config (built in by `mcconfig … host=…`);
 * app-settings.ts has the names. Secrets belong in the store: everybody who has an image can read it.
 */

import config from "mc/config";
import { startNetwork } from "nerveshub/hosts/platform/network";
import { createPlatform } from "nerveshub/hosts/platform/platform";
import { Fault, stackOf } from "../modules/fault/fault.js";
import type { Platform } from "../modules/platform/platform.js";
import { printable } from "../modules/text/printable.js";
import { readConfiguration } from "./app-settings.js";
import { Delta } from "./features/delta/delta.js";
import { ErrorReports } from "./features/error-reports/error-reports.js";
import { Health } from "./features/health/health.js";
import { Logging } from "./features/logging/logging.js";
import { NervesHubLink } from "./link.js";

/**
 * XS calls the global `abort` before it gives up and the device restarts (the define abortHook in the manifest), but not on a
 * stack overflow. The reason and the error reach the server after the next join.
 */
const keepCrashes = (platform: Platform, errorReports: ErrorReports): void => {
  Object.assign(globalThis, {
    abort: (reason: string, error: unknown) => {
      errorReports.recordCrash(error ?? new Error(reason));
      platform.print(`${printable(reason)}: ${stackOf(error)}`);
    },
  });
};

const main = (): void => {
  const platform = createPlatform();
  try {
    const { settings, options } = readConfiguration(platform, config);
    const errorReports = new ErrorReports();
    const features = [new Health(), new Logging(), errorReports];
    const link = new NervesHubLink({ ...options, features, formats: [new Delta()] }, platform);
    keepCrashes(platform, errorReports);
    // In a turn of its own: Timers prints what it throws.
    platform.timers.set(() => startNetwork(platform, settings, () => link.start()), 0);
  } catch (error) {
    // The app does not retry or restart: a restart loop would hide the sentence that says what to configure. An image on trial
    // is reverted by now, because the image before it worked with the stored settings. A fault was printed where it was thrown.
    if (!(error instanceof Fault)) platform.print(printable(error instanceof Error ? error.message : String(error)));
  }
};

main();
