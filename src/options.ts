/*
 * The options of a link, checked once, at construction. The rule it guards: Settings are complete and valid, so that no
 * other file looks for defaults.
 */

import type { HeartbeatOptions } from "../modules/phoenix/heartbeat.js";
import type { Network } from "../modules/platform/byte-stream.js";
import type { Device } from "../modules/platform/device.js";
import type { Encoded } from "../modules/x509/encoded.js";
import type { Client } from "./client.js";
import { type BackoffOptions, defaultBackoff } from "./connection/backoff.js";
import { type CertificateCredentials, type Credentials, SharedSecret } from "./connection/credentials.js";
import type { FirmwareOptions } from "./device/firmware.js";
import type { Feature } from "./feature.js";
import { normaliseVersion } from "./firmware/version.js";
import { type Level, levels } from "./log/log.js";
import {
  requireBoolean,
  requireExactText,
  requireFunctions,
  requireHost,
  requireKey,
  requireNumber,
  requireObject,
  requireObjects,
  requireSecret,
  requireText,
  requireWhole,
  wrong,
} from "./option-checks.js";
import type { ImageFormat } from "./update/image-format.js";
import type { StatusWords } from "./update/report.js";
import type { UpdateTarget } from "./update/target.js";
import { defaultTrial, type TrialOptions } from "./update/trial.js";

export interface ProductSecretAuth {
  /** "nhp_…" */
  productKey: string;
  productSecret: string;
  /** Default: the platform's. */
  identifier?: string;
}

export interface DeviceSecretAuth {
  /** "nhd_…" */
  deviceKey: string;
  deviceSecret: string;
  /** Must be the identifier that the device key was made for. Default: the platform's. */
  identifier?: string;
}

export interface LinkOptions {
  /** Host name of the NervesHub device endpoint: "devices.nervescloud.com". */
  host: string;
  /** Default 443; 80 with `ssl: false`. */
  port?: number;
  /** Whether to connect over TLS; default true. */
  ssl?: boolean;
  /** A shared secret, or a `ClientCertificate` (src/features/client-certificate). */
  auth: ProductSecretAuth | DeviceSecretAuth | CertificateCredentials;
  /** Trust anchors (PEM or DER) in place of the platform's built-in ones, for the socket and for downloads. */
  roots?: Encoded[];
  /** What the server is told of the running firmware. Default: the metadata of the running image. */
  firmware?: FirmwareOptions;
  client?: Client;
  /** What the agent does beyond firmware: `[new Health(), new Logging()]`. Default: nothing. */
  features?: readonly Feature[];
  /** Where updates go. Default: the platform's slots. */
  target?: UpdateTarget;
  /** Formats of updates besides a whole image: `[new Delta()]`. */
  formats?: readonly ImageFormat[];
  /**
   * Precedes log lines, so that several links can be told apart. Default "nerveshub". A device has one inactive slot and one
   * record of its content: of several links on a device, only one may take updates.
   */
  name?: string;
  heartbeat?: Partial<HeartbeatOptions>;
  backoff?: Partial<BackoffOptions>;
  trial?: Partial<TrialOptions>;
  /**
   * Takes updates although the device lacks a protection such as rollback or the watchdog, so that a bad update may stay.
   * Default false: a device that was flashed like this refuses updates, with the reason, until it is flashed right. A device
   * that was already updated over the air takes them.
   */
  unprotectedUpdates?: boolean;
  /** "legacy" for servers from before June 2026; default "current". */
  statusWords?: StatusWords;
  /** How long the application's `reboot` may take, in milliseconds; default 30,000. */
  rebootDeadlineMs?: number;
  /** Lowest level that is printed; default "info". */
  logLevel?: Level;
  /**
   * Texts of the application that must never be logged or sent: a Wi-Fi pass phrase, keys of other services. Those of 8 characters
   * and more are blotted out wherever they occur.
   */
  secrets?: readonly string[];
}

/** Options with every default in place. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean;
  readonly credentials: Credentials;
  readonly roots: Uint8Array[] | undefined;
  readonly firmware: FirmwareOptions | undefined;
  readonly client: Client;
  readonly features: readonly Feature[];
  readonly target: UpdateTarget | undefined;
  readonly formats: readonly ImageFormat[];
  readonly name: string;
  readonly heartbeat: HeartbeatOptions;
  readonly backoff: BackoffOptions;
  readonly trial: TrialOptions;
  readonly unprotectedUpdates: boolean;
  readonly statusWords: StatusWords;
  readonly rebootDeadlineMs: number;
  readonly logLevel: Level;
  /** What must never be logged. */
  readonly secrets: readonly string[];
}

const withoutTls = "needs TLS, which this build does not have: include the manifest that has it";

/** The server closes after 180 s without a byte: with a longer interval one lost heartbeat would end the connection. */
const longestHeartbeatMs = 120000;

/** The default applies to undefined alone: null is checked like any other value. */
const withDefault = <Value>(given: Value | undefined, value: Value): Value => {
  return given === undefined ? value : given;
};

/** Fills a group of options with defaults where a member is undefined. */
const withDefaults = <Group extends object>(option: string, given: Partial<Group> | undefined, group: Group): Group => {
  if (given === undefined) return group;
  requireObject(option, given);
  const merged = { ...group };
  for (const name of Object.keys(group) as (keyof Group)[]) {
    const value = given[name];
    if (value !== undefined) merged[name] = value;
  }
  return merged;
};

const checkFirmware = (firmware: FirmwareOptions | undefined): FirmwareOptions | undefined => {
  if (firmware === undefined) return undefined;
  requireObject("firmware", firmware);
  const wanted = ["uuid", "product", "architecture", "version", "platform"] as const;
  const missing = wanted.filter((name) => typeof firmware[name] !== "string" || firmware[name] === "");
  if (missing.length > 0) throw wrong("firmware", `lacks ${missing.join(", ")}: all five are needed`);
  for (const name of wanted) requireText(`firmware.${name}`, firmware[name]);
  const version = normaliseVersion(firmware.version);
  if (version === undefined)
    throw wrong("firmware.version", `is "${firmware.version}", which is not SemVer such as 1.4.0`);
  return { ...firmware, version };
};

const checkRoots = (
  roots: Encoded[] | undefined,
  { network }: { network: Pick<Network, "readRoots"> },
): Uint8Array[] | undefined => {
  if (roots === undefined) return undefined;
  if (network.readRoots === undefined) throw wrong("roots", withoutTls);
  return network.readRoots(roots);
};

const checkSecrets = (secrets: readonly string[] = []): readonly string[] => {
  if (!Array.isArray(secrets) || !secrets.every((secret) => typeof secret === "string"))
    throw wrong("secrets", "must be a list of texts");
  return secrets;
};

const checkAuth = (
  auth: LinkOptions["auth"],
  device: Pick<Device, "identifier">,
): { credentials: Credentials; secrets: string[] } => {
  if (typeof auth !== "object" || auth === null)
    throw wrong("auth", "is missing: give a shared secret or a ClientCertificate");
  if ("identity" in auth) {
    auth.check();
    return { credentials: auth, secrets: [] };
  }
  if ("certificate" in auth)
    throw wrong(
      "auth",
      'is a certificate as it is: pass `new ClientCertificate({ certificate, key })` of "client-certificate"',
    );
  const [keyName, secretName] = "productKey" in auth ? ["productKey", "productSecret"] : ["deviceKey", "deviceSecret"];
  const given = auth as unknown as Record<string, unknown>;
  const key = requireKey(`auth.${keyName}`, given[keyName], keyName === "productKey" ? "nhp_" : "nhd_");
  const secret = requireSecret(`auth.${secretName}`, given[secretName]);
  const identifier = requireExactText("auth.identifier", withDefault(auth.identifier, device.identifier));
  if (identifier.length > 255) throw wrong("auth.identifier", "has more than 255 characters");
  return { credentials: new SharedSecret(key, secret, identifier), secrets: [secret] };
};

/** Functions of a Client, each called through src/log/guarded.ts. */
const clientFunctions = Object.freeze([
  "updateAvailable",
  "progress",
  "error",
  "reboot",
  "identify",
  "connected",
  "disconnected",
  "validate",
] as const);

const checkClient = (client: Client | undefined): Client => {
  if (client === undefined) return {};
  requireFunctions("client", client, [], clientFunctions);
  return client;
};

/** Functions of a Feature that a link calls (src/feature.ts). */
const featureFunctions = Object.freeze([
  "install",
  "start",
  "channel",
  "commands",
  "joining",
  "online",
  "message",
  "updating",
  "offline",
  "close",
] as const);

const checkFeatures = (features: readonly Feature[] | undefined): readonly Feature[] => {
  const list = requireObjects("features", features);
  for (const feature of list) requireFunctions("features", feature, [], featureFunctions);
  return list;
};

const targetFunctions = Object.freeze(["begin", "write", "drain", "rewind", "verify", "activate", "abort"] as const);

/** Functions that an UpdateTarget may lack. */
const targetExtras = Object.freeze(["install", "confirm"] as const);

const checkTarget = (target: UpdateTarget | undefined): UpdateTarget | undefined => {
  if (target !== undefined) requireFunctions("target", target, targetFunctions, targetExtras);
  return target;
};

/**
 * Checks the options of a link and fills in the defaults.
 *
 * @param platform gives the default identifier, and tells whether its network has TLS
 * @throws Fault of stage "options" that names the option
 */
export const checkOptions = (
  options: LinkOptions,
  platform: { device: Pick<Device, "identifier">; network: Pick<Network, "readRoots"> },
): Settings => {
  if (typeof options !== "object" || options === null) throw wrong("options", "must be an object");
  const host = requireHost("host", options.host);
  const ssl = requireBoolean("ssl", withDefault(options.ssl, true));
  const { credentials, secrets } = checkAuth(options.auth, platform.device);
  if (ssl && platform.network.readRoots === undefined) throw wrong("ssl", withoutTls);
  if (!ssl && credentials.type === "certificate") throw wrong("auth", "is a certificate, which needs ssl: true");
  const heartbeat = withDefaults("heartbeat", options.heartbeat, { intervalMs: 30000, maxIntervalMs: 0 });
  requireNumber("heartbeat.intervalMs", heartbeat.intervalMs, 1000, longestHeartbeatMs);
  requireNumber("heartbeat.maxIntervalMs", heartbeat.maxIntervalMs, 0, longestHeartbeatMs);
  const backoff = withDefaults("backoff", options.backoff, defaultBackoff);
  requireNumber("backoff.baseMs", backoff.baseMs, 1, 3600000);
  requireNumber("backoff.capMs", backoff.capMs, backoff.baseMs, 86400000);
  requireNumber("backoff.cleanCloseFloorMs", backoff.cleanCloseFloorMs, 0, 3600000);
  const trial = withDefaults("trial", options.trial, defaultTrial);
  requireNumber("trial.deadlineMs", trial.deadlineMs, 1000, 86400000);
  requireWhole("trial.boots", trial.boots, 1, 100);
  const statusWords = withDefault(options.statusWords, "current");
  if (statusWords !== "current" && statusWords !== "legacy")
    throw wrong("statusWords", 'must be "current" or "legacy"');
  const logLevel = withDefault(options.logLevel, "info");
  if (!levels.includes(logLevel)) throw wrong("logLevel", `must be one of ${levels.join(", ")}`);
  return {
    host,
    port: requireWhole("port", withDefault(options.port, ssl ? 443 : 80), 1, 65535),
    ssl,
    credentials,
    roots: checkRoots(options.roots, platform),
    firmware: checkFirmware(options.firmware),
    client: checkClient(options.client),
    features: checkFeatures(options.features),
    target: checkTarget(options.target),
    formats: requireObjects("formats", options.formats),
    name: requireText("name", withDefault(options.name, "nerveshub")),
    heartbeat,
    backoff,
    trial,
    unprotectedUpdates: requireBoolean("unprotectedUpdates", withDefault(options.unprotectedUpdates, false)),
    statusWords,
    rebootDeadlineMs: requireNumber("rebootDeadlineMs", withDefault(options.rebootDeadlineMs, 30000), 0, 3600000),
    logLevel,
    secrets: [...secrets, ...checkSecrets(options.secrets)],
  };
};
