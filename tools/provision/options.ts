/*
 * The command line of provisioning. Nothing secret is read from it: a command line is seen by everybody on the machine
 * and kept by the shell.
 */

import { parseArgs } from "node:util";

export const usage = `Usage: nerveshub-provision IDENTIFIER --out DIR --host HOST [options]

Makes what one device needs to know who it is: with --ca-cert and --ca-key a key and a certificate below that CA, else a
shared secret; and all of it, with the server, as settings for the device's flash (NVS).

  --out DIR            where the files go: IDENTIFIER.key.pem, .cert.pem, .nvs.csv, and .nvs.bin where Espressif's generator
                       is installed (pip install esp-idf-nvs-partition-gen)
  --host HOST          of the NervesHub device endpoint
  --port PORT          default 443
  --no-ssl             plain WebSocket, for the desk hub
  --roots FILE         the one root (PEM) that the device shall trust instead of the built-in ones
  --ca-cert FILE       certificate of the signing CA (PEM), which is registered at NervesHub
  --ca-key FILE        its key (PEM); a pass phrase in NERVESHUB_CA_PASSPHRASE
  --rsa                RSA-2048 instead of P-256
  --days N             how long the certificate is valid; default 7300, at most as long as the CA's
  --product-key KEY    shared secret of a product; the secret in NERVESHUB_PRODUCT_SECRET
  --device-key KEY     shared secret of a device; the secret in NERVESHUB_DEVICE_SECRET
  --partitions FILE    the app's partition table, CSV or binary: the image then fills its partition "nvs", and what is printed
                       writes it there; without it the partition is found by name on the device
  --table-offset N     where that table lies (CONFIG_PARTITION_TABLE_OFFSET); default 0x8000
  --wifi-ssid NAME     network to join; the password in NERVESHUB_WIFI_PASSWORD
  --time-server NAMES  SNTP servers in place of the built-in ones: names or addresses with spaces or commas between
  --unprotected        take updates although the device was flashed without rollback or watchdog
  --python COMMAND     that has Espressif's generator; default python3
  --force              write over existing files; a device whose key is lost has to be provisioned anew
  -h, --help           print this

Exit status: 0 done; 1 refused; 2 wrong arguments.
`;

export class UsageError extends Error {}

export interface ProvisionOptions {
  identifier: string;
  out: string;
  host: string;
  port: string | undefined;
  ssl: boolean;
  roots: string | undefined;
  ca: { certificate: string; key: string } | undefined;
  rsa: boolean;
  days: number;
  productKey: string | undefined;
  deviceKey: string | undefined;
  wifiSsid: string | undefined;
  timeServer: string | undefined;
  /** File of the app's partition table. */
  partitions: string | undefined;
  /** Bytes from the start of the flash. */
  tableOffset: number;
  unprotected: boolean;
  python: string;
  force: boolean;
}

/** What a certificate's common name, a file name and NervesHub's own limit leave. */
function checkIdentifier(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) {
    throw new UsageError(`"${text}" is no identifier here: up to 64 letters, digits, ".", "_" and "-".`);
  }
  return text;
}

/** @throws UsageError; undefined when only help was wanted */
export function readOptions(args: string[]): ProvisionOptions | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  if (positionals.length !== 1) throw new UsageError(`One IDENTIFIER is needed, ${positionals.length} were given.`);
  const identifier = checkIdentifier(positionals[0]);
  const { out, host, "ca-cert": certificate, "ca-key": key } = values;
  if (out === undefined) throw new UsageError("--out is missing.");
  if (host === undefined) throw new UsageError("--host is missing.");
  if ((certificate === undefined) !== (key === undefined)) throw new UsageError("--ca-cert and --ca-key go together.");
  const ways = [certificate, values["product-key"], values["device-key"]].filter((way) => way !== undefined);
  if (ways.length !== 1) throw new UsageError("Give one of --ca-cert with --ca-key, --product-key and --device-key.");
  const days = Number(values.days);
  if (!Number.isInteger(days) || days < 1 || days > 36_500) throw new UsageError("--days is 1 to 36500.");
  const tableOffset = Number(values["table-offset"]);
  if (!Number.isInteger(tableOffset) || tableOffset < 0x1000 || tableOffset % 0x1000 !== 0)
    throw new UsageError("--table-offset is a multiple of 0x1000.");
  if (values["no-ssl"] && certificate !== undefined)
    throw new UsageError("A certificate needs TLS: leave --no-ssl out.");
  return {
    identifier,
    out,
    host,
    port: values.port,
    ssl: !values["no-ssl"],
    roots: values.roots,
    ca: certificate === undefined || key === undefined ? undefined : { certificate, key },
    rsa: values.rsa ?? false,
    days,
    productKey: values["product-key"],
    deviceKey: values["device-key"],
    wifiSsid: values["wifi-ssid"],
    timeServer: values["time-server"],
    partitions: values.partitions,
    tableOffset,
    unprotected: values.unprotected ?? false,
    python: values.python,
    force: values.force ?? false,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        out: { type: "string" },
        host: { type: "string" },
        port: { type: "string" },
        "no-ssl": { type: "boolean" },
        roots: { type: "string" },
        "ca-cert": { type: "string" },
        "ca-key": { type: "string" },
        rsa: { type: "boolean" },
        days: { type: "string", default: "7300" },
        "product-key": { type: "string" },
        "device-key": { type: "string" },
        "wifi-ssid": { type: "string" },
        "time-server": { type: "string" },
        partitions: { type: "string" },
        "table-offset": { type: "string", default: "0x8000" },
        unprotected: { type: "boolean" },
        python: { type: "string", default: "python3" },
        force: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
