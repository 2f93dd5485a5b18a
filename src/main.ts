/*
 * The application: a device that does nothing but be reachable and updatable through NervesHub. Configuration, network up,
 * start the link. An application of your own does the same with `new NervesHubLink(options, host)`.
 *
 * Configuration comes from the store (provisioned, survives updates) and else from mc/config (built in; `mcconfig … host=…`).
 * Names are the same in both: see `names`. Secrets belong in the store: an image is readable for everybody who has it.
 */

import config from "mc/config";
import { createHost, startNetwork } from "nerveshub/hosts/platform/platform";
import { Fault } from "../modules/fault/fault.js";
import type { Host } from "../modules/host/host.js";
import { fromBase64 } from "../modules/text/base64.js";
import { decodeUtf8 } from "../modules/text/utf8.js";
import { NervesHubLink } from "./link.js";
import type { LinkOptions } from "./options.js";

const names = Object.freeze([
  "host",
  "port",
  "ssl",
  "identifier",
  "shared-key",
  "shared-secret",
  "log-level",
  "wifi-ssid",
  "wifi-password",
  "time-server",
] as const);

type Settings = Partial<Record<(typeof names)[number], string>>;

function readSettings(host: Host): Settings {
  const settings: Settings = {};
  for (const name of names) {
    const stored = host.store.get(name);
    const value = stored === undefined ? config[name] : decodeUtf8(stored);
    if (value !== undefined && value !== "") settings[name] = String(value);
  }
  return settings;
}

/** A client certificate in the store (DER, under "cert" and "cert-key") comes before a shared secret. */
function readAuth(host: Host, settings: Settings): LinkOptions["auth"] {
  const [certificate, key] = [host.store.get("cert"), host.store.get("cert-key")];
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  const { "shared-key": sharedKey = "", "shared-secret": sharedSecret = "", identifier } = settings;
  return sharedKey.startsWith("nhd_")
    ? { deviceKey: sharedKey, deviceSecret: sharedSecret, identifier }
    : { productKey: sharedKey, productSecret: sharedSecret, identifier };
}

/** The one root to trust: DER in the store under "ca", else base64 of it built in. */
function readRoot(host: Host): Uint8Array | undefined {
  const stored = host.store.get("ca");
  if (stored !== undefined || config["ca"] === undefined) return stored;
  const builtIn = fromBase64(String(config["ca"]));
  if (builtIn === undefined) throw new Fault("options", "bad-option", 'Setting "ca" is not base64 of a certificate.');
  return builtIn;
}

function readOptions(host: Host, settings: Settings): LinkOptions {
  const root = readRoot(host);
  return {
    host: settings.host ?? "",
    port: settings.port === undefined ? undefined : Number(settings.port),
    ssl: settings.ssl !== "false",
    auth: readAuth(host, settings),
    roots: root === undefined ? undefined : [root],
    logLevel: settings["log-level"] as LinkOptions["logLevel"],
  };
}

/**
 * XS calls `abort` before it gives up and the device restarts (the define abortHook in the manifest; not on a stack
 * overflow). What it was called with reaches the server after the next join.
 */
function keepCrashes(host: Host, link: NervesHubLink): void {
  Object.assign(globalThis, {
    abort: (reason: string, error: unknown) => {
      link.recordCrash(error ?? new Error(reason));
      host.print(`${reason}: ${error instanceof Error ? `${error.message}\n${error.stack}` : String(error)}`);
    },
  });
}

function main(): void {
  const host = createHost();
  try {
    const settings = readSettings(host);
    const link = new NervesHubLink(readOptions(host, settings), host);
    keepCrashes(host, link);
    startNetwork(host, settings, () => link.start());
  } catch (error) {
    // Nothing was changed and nothing is retried: the sentence says what to configure, and a restart loop would hide it.
    host.print(error instanceof Error ? error.message : String(error));
  }
}

main();
