/*
 * The command line of the doctor. Secrets come from the environment: a command line is seen by everybody on the machine.
 */

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { LinkOptions } from "../../src/options.js";
import { readAuth } from "../device/options.js";

export const usage = `Usage: nerveshub-doctor HOST [options]

Connects as a device would, step by step, and says what works, what does not, and what to change: name, TLS and the
server's certificates, whether the agent's own TLS can verify them and with which root, the clock, the login and the join.

A login takes the place of the device's own connection for a moment (the server closes the older one). The join says
nothing about firmware; the device says it again when it comes back. With a product key, an identifier that the server
does not know makes a new device there.

  --port PORT          default 443, or 80 with --no-ssl
  --no-ssl             plain WebSocket, for the desk hub
  --ca FILE            the roots that the device will have (PEM) instead of the built-in ones
  --product-key KEY    shared secret of a product; the secret in NERVESHUB_PRODUCT_SECRET
  --device-key KEY     shared secret of a device; the secret in NERVESHUB_DEVICE_SECRET
  --cert FILE          client certificate (PEM) with --key FILE
  --identifier NAME    of the device; default "nerveshub-doctor"
  --no-join            stop before the login: look at the server only
  --verbose            print what the agent logs
  -h, --help           print this

Exit status: 0 all is well; 1 something has to be changed; 2 wrong arguments.
`;

export interface DoctorOptions {
  /** Without `auth` when only the server is looked at. */
  link: Omit<LinkOptions, "auth"> & { auth: LinkOptions["auth"] | undefined };
  verbose: boolean;
}

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
      "no-join": { type: "boolean" },
      verbose: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  if (positionals.length !== 1) throw new Error(`One HOST is needed, ${positionals.length} were given.`);
  const port = values.port === undefined ? undefined : Number(values.port);
  const ssl = !values["no-ssl"];
  return {
    link: {
      host: positionals[0],
      ...(port === undefined ? {} : { port }),
      ssl,
      auth: values["no-join"] ? undefined : readAuth(values, values.identifier),
      ...(values.ca === undefined ? {} : { roots: [readFileSync(values.ca, "utf8")] }),
    },
    verbose: values.verbose ?? false,
  };
}
