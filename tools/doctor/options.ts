/*
 * The command line of the doctor. Secrets come from the environment: a command line is seen by everybody on the machine.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { NodeNetwork } from "../../hosts/node/network.js";
import { parseImageHead } from "../../modules/ota/image.js";
import type { Firmware } from "../../src/device/firmware.js";
import { firmwareMetadata } from "../../src/firmware/firmware-metadata.js";
import { checkOptions, type LinkOptions } from "../../src/options.js";
import { readAuth } from "../device/options.js";

export const usage = `Usage: nerveshub-doctor HOST [options]

Connects as a device would, step by step, and says what works, what does not, and what to change: name, TLS and the
server's certificates, whether the agent's own TLS can verify them and with which root, the clock, and the login. There it
stops: a login leaves what the server knows of the device's firmware and updates alone.

A login does take the place of the device's own connection for a moment (the server closes the older one), counts as one
in the server's list of connections, and with a product key (or a CA that the server registers devices by) an identifier
that the server does not know makes a new device there. Leave the login out with --no-login.

A join changes the device's record. With --join and the image that the device runs it says what the device would say:
the server then forgets an update that it is sending, and takes the image for validated. Any other image counts as a
successful update, and the failures and the block of 24 hours are forgotten.

  --port PORT          default 443, or 80 with --no-ssl
  --no-ssl             plain WebSocket, for the desk hub
  --ca FILE            the roots that the device will have (PEM) instead of the built-in ones
  --product-key KEY    shared secret of a product; the secret in NERVESHUB_PRODUCT_SECRET
  --device-key KEY     shared secret of a device; the secret in NERVESHUB_DEVICE_SECRET
  --cert FILE          client certificate (PEM) with --key FILE
  --identifier NAME    of the device; default "nerveshub-doctor"
  --join               join the device topic too; it wants --image
  --image FILE         the image that the device runs (.bin), for the join
  --no-login           stop before the login: look at the server only
  --verbose            print what the agent logs
  -h, --help           print this

Exit status: 0 all is well; 1 something has to be changed; 2 wrong arguments.
`;

export interface DoctorOptions {
  /** Without `auth` when only the server is looked at. */
  link: Omit<LinkOptions, "auth"> & { auth: LinkOptions["auth"] | undefined };
  /** The firmware to join with; undefined to stop at the login. */
  join: Firmware | undefined;
  verbose: boolean;
}

const nobody = { productKey: "nhp_nobody", productSecret: "none" };

/** @throws Error with a sentence for the person at the keyboard; undefined when only help was wanted */
export function readOptions(args: string[]): DoctorOptions | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      port: { type: "string" },
      "no-ssl": { type: "boolean" },
      ca: { type: "string" },
      "product-key": { type: "string" },
      "device-key": { type: "string" },
      cert: { type: "string" },
      key: { type: "string" },
      identifier: { type: "string", default: "nerveshub-doctor" },
      join: { type: "boolean", default: false },
      image: { type: "string" },
      "no-login": { type: "boolean", default: false },
      verbose: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  if (positionals.length !== 1) throw new Error(`One HOST is needed, ${positionals.length} were given.`);
  const { join, image, "no-login": noLogin } = values;
  if (join && noLogin) throw new Error("--join wants a login: leave --no-login out.");
  if (join && image === undefined)
    throw new Error(
      "--join wants --image FILE, the image that the device runs: a join that does not say it makes the server forget the device's update, its failures and its block.",
    );
  if (!join && image !== undefined) throw new Error("--image says what to join with: it goes with --join.");
  const port = values.port === undefined ? undefined : Number(values.port);
  const ssl = !values["no-ssl"];
  const server = {
    host: positionals[0],
    ...(port === undefined ? {} : { port }),
    ssl,
    ...(values.ca === undefined ? {} : { roots: [readFileSync(values.ca, "utf8")] }),
  };
  // Of the credentials the examination speaks; the rest has to be right before anybody can be asked.
  checkOptions({ ...server, auth: nobody }, { device: { identifier: "nobody" }, network: new NodeNetwork() });
  return {
    link: { ...server, auth: noLogin ? undefined : readAuth(values, values.identifier) },
    join: image === undefined ? undefined : firmwareOf(image),
    verbose: values.verbose ?? false,
  };
}

/** What a device that runs the image reads from it. */
function firmwareOf(path: string): Firmware {
  try {
    const head = parseImageHead(new Uint8Array(readFileSync(path)));
    return { metadata: firmwareMetadata(head), head };
  } catch (error) {
    throw new Error(`--image ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
