/*
 * The command line of a simulated device. Secrets come from the environment: a command line is seen by everybody on the
 * machine and kept by the shell.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { blockSize } from "../../hosts/flash-model/flash.js";
import { type Lack, readLacks } from "../../hosts/flash-model/lacking.js";
import { maxImageSize } from "../../modules/ota/image.js";
import { ClientCertificate } from "../../src/features/client-certificate/client-certificate.js";
import type { LinkOptions } from "../../src/options.js";

export const usage = `npm run device -- --host HOST [options]

A device without hardware: the agent in a process of its own, its flash in a folder.

  --host HOST          of the NervesHub device endpoint
  --port PORT          default 443, or 80 with --no-ssl
  --no-ssl             plain WebSocket, for the desk hub
  --ca FILE            trust this CA (PEM) instead of the system's
  --product-key KEY    shared secret of a product; the secret in NERVESHUB_PRODUCT_SECRET
  --device-key KEY     shared secret of a device; the secret in NERVESHUB_DEVICE_SECRET
  --cert FILE          client certificate (PEM) with --key FILE
  --identifier NAME    default "node-device"
  --data DIR           where its flash is kept; default ./.device
  --image FILE         what is flashed first, when the folder is new; default: a made-up image 1.0.0
  --product NAME       of the made-up image; default "demo"
  --lacking LIST       what it was flashed without: second-slot, rollback, boot-loader-rollback, watchdog
  --unprotected        take updates all the same
  --console            serve the console and support scripts; an operator can then run the device's commands
  --slot-size BYTES    of each slot of a new device, for images that are larger than 1,920 KB
  --log LEVEL          debug, info (default), notice, warning, error
  --help`;

export interface DeviceOptions {
  link: LinkOptions;
  identifier: string;
  dataDir: string;
  image: string | undefined;
  /** Bytes of each slot of a new device. */
  slotSize: number | undefined;
  product: string;
  lacking: readonly Lack[];
  /** Operators may run commands. */
  console: boolean;
}

/** Who the device is, by the options of the command line and the environment. */
export function readAuth(
  values: Record<string, string | boolean | undefined>,
  identifier: string,
): LinkOptions["auth"] {
  const { NERVESHUB_PRODUCT_SECRET: productSecret = "", NERVESHUB_DEVICE_SECRET: deviceSecret = "" } = process.env;
  if (typeof values["cert"] === "string" && typeof values["key"] === "string") {
    return new ClientCertificate({
      certificate: readFileSync(values["cert"], "utf8"),
      key: readFileSync(values["key"], "utf8"),
    });
  }
  if (typeof values["product-key"] === "string") {
    if (productSecret === "")
      throw new Error("--product-key wants the secret in the variable NERVESHUB_PRODUCT_SECRET");
    return { productKey: values["product-key"], productSecret, identifier };
  }
  if (typeof values["device-key"] === "string") {
    if (deviceSecret === "") throw new Error("--device-key wants the secret in the variable NERVESHUB_DEVICE_SECRET");
    return { deviceKey: values["device-key"], deviceSecret, identifier };
  }
  throw new Error("say who the device is: --product-key, --device-key, or --cert with --key");
}

/** @throws Error with a sentence */
function readSlotSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = Number(text);
  if (!Number.isInteger(size) || size <= 0 || size > maxImageSize || size % blockSize !== 0)
    throw new Error(`--slot-size wants a multiple of ${blockSize} up to ${maxImageSize}, not ${text}`);
  return size;
}

/** @throws Error with a sentence for the person at the keyboard; undefined when only help was wanted */
export function readOptions(args: string[]): DeviceOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      host: { type: "string" },
      port: { type: "string" },
      "no-ssl": { type: "boolean" },
      ca: { type: "string" },
      "product-key": { type: "string" },
      "device-key": { type: "string" },
      cert: { type: "string" },
      key: { type: "string" },
      identifier: { type: "string", default: "node-device" },
      data: { type: "string", default: ".device" },
      image: { type: "string" },
      product: { type: "string", default: "demo" },
      "slot-size": { type: "string" },
      lacking: { type: "string", default: "" },
      unprotected: { type: "boolean", default: false },
      console: { type: "boolean", default: false },
      log: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  if (values.host === undefined) throw new Error("--host is missing");
  const ssl = !values["no-ssl"];
  return {
    link: {
      host: values.host,
      port: values.port === undefined ? undefined : Number(values.port),
      ssl,
      auth: readAuth(values, values.identifier),
      roots: values.ca === undefined ? undefined : [readFileSync(values.ca, "utf8")],
      unprotectedUpdates: values.unprotected,
      logLevel: values.log as LinkOptions["logLevel"],
    },
    identifier: values.identifier,
    dataDir: values.data,
    image: values.image,
    slotSize: readSlotSize(values["slot-size"]),
    product: values.product,
    lacking: readLacks(values.lacking),
    console: values.console,
  };
}
