/*
 * The application: a device that does nothing but be reachable and updatable through NervesHub. Configuration, network up,
 * start the link. An application of your own does the same with `new NervesHubLink(options, host)`.
 *
 * Configuration comes from the store (provisioned, survives updates) and else from mc/config (built in; `mcconfig … host=…`);
 * app-settings.ts has the names. Secrets belong in the store: an image is readable for everybody who has it.
 */

import config from "mc/config";
import { startNetwork } from "nerveshub/hosts/platform/network";
import { createPlatform } from "nerveshub/hosts/platform/platform";
import { stackOf } from "../modules/fault/fault.js";
import type { Platform } from "../modules/platform/platform.js";
import { printable } from "../modules/text/printable.js";
import { readConfiguration } from "./app-settings.js";
import { Delta } from "./features/delta/delta.js";
import { ErrorReports } from "./features/error-reports/error-reports.js";
import { Health } from "./features/health/health.js";
import { Logging } from "./features/logging/logging.js";
import { NervesHubLink } from "./link.js";

/**
 * XS calls `abort` before it gives up and the device restarts (the define abortHook in the manifest; not on a stack
 * overflow). What it was called with reaches the server after the next join.
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
    startNetwork(platform, settings, () => link.start());
  } catch (error) {
    // Nothing was changed and nothing is retried: the sentence says what to configure, and a restart loop would hide it. An
    // image on trial is given up by now: the one before it worked with what is stored.
    platform.print(printable(error instanceof Error ? error.message : String(error)));
  }
};

main();
