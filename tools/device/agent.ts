/*
 * The process of a simulated device: NervesHubLink on the Node host. It ends with `restartStatus` to be started again,
 * which is what a restart is here.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { defaultChipId, flashByCable, openNodePlatform } from "../../hosts/node/node-platform.js";
import { makePrivateFolder } from "../../hosts/node/private-file.js";
import { Fault } from "../../modules/fault/fault.js";
import { imageHeadSize, parseImageHead } from "../../modules/ota/image.js";
import type { Platform } from "../../modules/platform/platform.js";
import { printable } from "../../modules/text/printable.js";
import type { Feature } from "../../src/feature.js";
import { Alarms } from "../../src/features/alarms/alarms.js";
import { Console } from "../../src/features/console/console.js";
import { Delta } from "../../src/features/delta/delta.js";
import { ErrorReports } from "../../src/features/error-reports/error-reports.js";
import { Health } from "../../src/features/health/health.js";
import { Logging } from "../../src/features/logging/logging.js";
import { ManagedUpdates } from "../../src/features/managed-updates/managed-updates.js";
import { Metrics } from "../../src/features/metrics/metrics.js";
import { Scripts } from "../../src/features/scripts/scripts.js";
import { ServerKeys } from "../../src/features/server-keys/server-keys.js";
import { firmwareMetadata } from "../../src/firmware/firmware-metadata.js";
import { NervesHubLink } from "../../src/link.js";
import type { LinkOptions } from "../../src/options.js";
import { ending } from "../ending.js";
import { sentenceOf } from "../sentence.js";
import { type DeviceOptions, readOptions } from "./options.js";
import { type DeviceEvent, restartStatus } from "./supervisor.js";

function tell(event: DeviceEvent): void {
  process.send?.(event);
}

/** A new device gets its first image, as by cable. @returns the chip that its images are for */
function prepare({ dataDir, image, product, slotSize }: DeviceOptions): number {
  makePrivateFolder(dataDir);
  const bytes = image === undefined ? undefined : new Uint8Array(readFileSync(image));
  const chipId = bytes === undefined ? defaultChipId : parseImageHead(bytes.subarray(0, imageHeadSize)).chipId;
  if (!existsSync(join(dataDir, "flash.bin"))) {
    const first = bytes ?? buildImage({ chipId, projectName: product, version: "1.0.0" }, nodeCrypto);
    flashByCable(dataDir, first, slotSize);
  }
  return chipId;
}

/** What a device without an application has, as src/main.ts, and what operators can try here besides. */
function features({ console }: DeviceOptions): Feature[] {
  const always = [
    new Health(),
    new Metrics(),
    new Alarms(),
    new Logging(),
    new ErrorReports(),
    new ManagedUpdates(),
    new ServerKeys(),
  ];
  return console ? [...always, new Console(), new Scripts()] : always;
}

/** @returns undefined for a fault, which the link has printed */
function newLink(options: LinkOptions, platform: Platform): NervesHubLink | undefined {
  try {
    return new NervesHubLink(options, platform);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return undefined;
  }
}

function run(options: DeviceOptions): void {
  const chipId = prepare(options);
  const platform = openNodePlatform({
    dataDir: options.dataDir,
    chipId,
    identifier: options.identifier,
    lacking: options.lacking,
    resetReason: process.env["RESET_REASON"],
    print: (line) => {
      process.stdout.write(`${line}\n`);
      tell({ type: "log", line });
    },
    restart: () => {
      tell({ type: "restarting" });
      process.exitCode = restartStatus;
      // The channel to the parent is flushed by disconnecting; then nothing holds the process.
      process.disconnect?.();
      setTimeout(() => process.exit(restartStatus), 50);
    },
  });
  const head = new Uint8Array(imageHeadSize);
  platform.slots.running.read(0, head);
  const { version } = firmwareMetadata(parseImageHead(head));
  tell({ type: "started", version, trial: platform.slots.trial === "pending" });
  const link = newLink(
    {
      ...options.link,
      features: features(options),
      formats: [new Delta()],
      client: {
        connected: () => tell({ type: "connected" }),
        progress: (percent) => tell({ type: "progress", percent }),
        error: ({ code, message }) => tell({ type: "error", code, message }),
        identify: () => platform.print("*** blinking: somebody wants to find this device ***"),
        updateAvailable: (update) => {
          tell({ type: "offered", version: update.version, size: update.size });
          return "apply";
        },
      },
    },
    platform,
  );
  if (link === undefined) {
    process.exitCode = 2;
    return;
  }
  link.start();
  const stop = (): void => {
    link.close();
    setTimeout(() => process.exit(0), 300).unref();
  };
  ending().then(stop);
  // A device whose desk has gone has nobody to serve.
  process.once("disconnect", stop);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options !== undefined) run(options);
} catch (error) {
  process.stderr.write(`${printable(sentenceOf(error))}\n`);
  process.exitCode = 2;
}
