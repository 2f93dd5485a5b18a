/*
 * The command line of the desk hub: options in, a running hub and a prompt out. Everything it does is in hub.ts.
 */

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createSecureContext } from "node:tls";
import { parseArgs } from "node:util";
import { makeFolder } from "../../hosts/node/folder.js";
import { printable } from "../../modules/text/printable.js";
import { isSemVer } from "../../src/firmware/version.js";
import { ending } from "../ending.js";
import { sentenceOf } from "../sentence.js";
import { CommandBench } from "./bench.js";
import type { Watch } from "./commands.js";
import { openDataFolder } from "./data-folder.js";
import { DeskDevices, maxDeskDevices } from "./desk-devices.js";
import { connectingLines, howToConnect, rootIn, whereOptions } from "./how-to-connect.js";
import { Hub } from "./hub.js";
import { allExtensions, type HubTls, type SharedSecret } from "./options.js";
import { runPrompt } from "./prompt.js";

const usage = `npm run hub -- [options]
  --product NAME        product; images with another project name are refused (demo)
  --firmware DIR        folder of ESP-IDF images (firmware)
  --port N              port to listen on (4001; 0 takes a free one)
  --listen ADDRESS      address to listen on; anything but loopback is your decision (127.0.0.1)
  --data DIR            what is kept over a restart: the page's token, product key and secret (.hub)
  --key KEY             product key, with its secret in the environment variable NERVESHUB_PRODUCT_SECRET (both made
                        once, and kept)
  --device-key KEY --device IDENTIFIER   also a device key, with its secret in NERVESHUB_DEVICE_SECRET
  --cert FILE --cert-key FILE   speak TLS; PEM
  --ca FILE             root that --cert leads to, for devices that do not know it; PEM. Needed where --cert does not
                        end with it and no public authority signed it
  --client-ca FILE      take client certificates signed by this CA; PEM
  --manual              offer nothing by itself
  --delta               send patches made by detools, if it is installed
  --detools COMMAND     how to run detools, for example "venv/bin/python -m detools"
  --no-managed          devices may not set update mode device_managed themselves
  --extension NAME[@VERSION]   offer an extension of your own (0.0.1); as often as you like
  --devices N           start N devices on this machine at once
  --august              the server of August 2026: extensions:get without versions, no update modes
  --plain-files         offer files over http although the hub speaks TLS
  --no-checksums        offer them without size and checksums, as the 2.4.0 release with pushes by hand
  --slow BYTES          bytes a second of every download
  --timeline HOW        what happens is shown as it happens: short, all or none (short)
  --quiet               as --timeline none
  -h, --help            print this
`;

const options = {
  product: { type: "string", default: "demo" },
  firmware: { type: "string", default: "firmware" },
  data: { type: "string", default: ".hub" },
  port: { type: "string", default: "4001" },
  listen: { type: "string", default: "127.0.0.1" },
  key: { type: "string" },
  "device-key": { type: "string" },
  device: { type: "string" },
  cert: { type: "string" },
  "cert-key": { type: "string" },
  ca: { type: "string" },
  "client-ca": { type: "string" },
  manual: { type: "boolean", default: false },
  delta: { type: "boolean", default: false },
  detools: { type: "string" },
  "no-managed": { type: "boolean", default: false },
  august: { type: "boolean", default: false },
  "plain-files": { type: "boolean", default: false },
  "no-checksums": { type: "boolean", default: false },
  slow: { type: "string" },
  extension: { type: "string", multiple: true },
  devices: { type: "string" },
  timeline: { type: "string", default: "short" },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const text = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, "utf8"));

/** @throws Error with a sentence when only a part of a device key is given */
function deviceKeys(key: string | undefined, identifier: string | undefined): SharedSecret[] {
  if (key === undefined && identifier === undefined) return [];
  const secret = process.env["NERVESHUB_DEVICE_SECRET"];
  if (key !== undefined && identifier !== undefined && secret !== undefined) return [{ key, identifier, secret }];
  throw new Error("a device key needs --device-key, --device and the variable NERVESHUB_DEVICE_SECRET");
}

type TlsFiles = { cert?: string; "cert-key"?: string; "client-ca"?: string };

function tlsOptions(files: TlsFiles): HubTls | undefined {
  const [cert, key, clientCa] = [text(files.cert), text(files["cert-key"]), text(files["client-ca"])];
  if (cert !== undefined && key !== undefined) {
    const tls = { cert, key, clientCa };
    checkTls(tls);
    return tls;
  }
  if (cert ?? key ?? clientCa) throw new Error("TLS needs both --cert and --cert-key");
  return undefined;
}

/** @throws Error with a sentence that names the files */
function checkTls({ cert, key, clientCa }: HubTls): void {
  try {
    new X509Certificate(cert);
    createSecureContext({ cert, key });
  } catch (error) {
    throw new Error(`--cert and --cert-key need a certificate and its own key in PEM: ${(error as Error).message}`);
  }
  try {
    if (clientCa !== undefined) new X509Certificate(clientCa);
  } catch (error) {
    throw new Error(`--client-ca needs a certificate in PEM: ${(error as Error).message}`);
  }
}

/** @throws Error with a sentence when it is no whole number within these bounds */
function number(option: string, value: string | undefined, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  const given = Number(value);
  if (!/^\d+$/.test(value) || given < least || given > most)
    throw new Error(`--${option} needs a number from ${least} to ${most}, not ${value}`);
  return given;
}

/** @throws Error with a sentence */
function extensionsOf(given: readonly string[] = []): ReadonlyMap<string, readonly string[]> {
  const extensions = new Map(allExtensions);
  for (const one of given) {
    const [name, version = "0.0.1"] = one.split("@");
    if (!/^[a-z][a-z0-9_]*$/.test(name) || !isSemVer(version))
      throw new Error(`--extension needs a name in lower case, with a version or without, as door@0.1.0, not ${one}`);
    extensions.set(name, [version]);
  }
  return extensions;
}

/** @throws Error with a sentence */
function watchOf(how: string): Watch {
  if (how === "short" || how === "all" || how === "none") return how;
  throw new Error(`--timeline needs short, all or none, not ${how}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options });
  if (values.help) return void process.stdout.write(usage);
  const watch = watchOf(values.quiet ? "none" : values.timeline);
  const atOnce = number("devices", values.devices, 1, maxDeskDevices);
  const { kept, close } = openDataFolder(resolve(values.data));
  const key = values.key ?? kept.key;
  const secret = process.env["NERVESHUB_PRODUCT_SECRET"] ?? kept.secret;
  const firmwareDir = resolve(values.firmware);
  makeFolder(firmwareDir);
  const hub = new Hub({
    product: values.product,
    token: kept.token,
    keys: [{ key, secret }, ...deviceKeys(values["device-key"], values.device)],
    firmwareDir,
    port: number("port", values.port, 0, 65535),
    listen: values.listen,
    tls: tlsOptions(values),
    automaticUpdates: !values.manual,
    deltas: values.delta ? "auto" : "off",
    detools: values.detools?.split(" "),
    managedUpdatesAllowed: !values["no-managed"],
    protocol: values.august ? "2026-08" : "current",
    plainFiles: values["plain-files"],
    checksums: !values["no-checksums"],
    extensions: extensionsOf(values.extension),
    downloadBytesPerSecond: number("slow", values.slow, 1, Number.MAX_SAFE_INTEGER),
  });
  const ended = ending();
  await hub.start();
  const rootFile = values.ca ?? values.cert;
  const root = rootFile === undefined ? undefined : rootIn(readFileSync(rootFile, "utf8"), resolve(rootFile));
  const credentials = { key, secret, firmwareDir, root };
  hub.connectingLines = connectingLines(hub, credentials);
  process.stdout.write(howToConnect(hub, credentials));
  if (values.delta) {
    const tool = hub.deltas.tool();
    process.stdout.write(
      tool ? `Patches by ${tool}.\n` : "detools is not installed (pip install detools): whole images only.\n",
    );
  }
  const devices = new DeskDevices({
    folder: resolve(values.data, "devices"),
    key: { key, secret },
    product: values.product,
    where: () => whereOptions(hub, rootFile === undefined ? undefined : resolve(rootFile)),
    onEnd: (identifier, status) => hub.timeline.add(identifier, "ended", `its process ended with status ${status}`),
  });
  const bench = new CommandBench(values.product, firmwareDir, devices, watch);
  if (atOnce !== undefined) process.stdout.write(`${bench.startDevices(atOnce)}\n`);
  const colours = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;
  const terminal = { input: process.stdin, output: process.stdout, bench, colours };
  const typed = await Promise.race([runPrompt(hub, terminal), ended]);
  // Without a terminal, as in the background, the end of the input is not the end of the hub.
  if (typed === "end" && !process.stdin.isTTY) await ended;
  await devices.stop();
  await hub.stop();
  close();
  process.stdin.destroy();
}

main().catch((error: unknown) => {
  process.stderr.write(`hub: ${printable(sentenceOf(error))}\n`);
  process.exitCode = 1;
});
