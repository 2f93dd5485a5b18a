/*
 * What a hub can be told, with the defaults of the real server. Everything that takes time is in ms and can be shortened
 * for a test.
 */

import type { Timers } from "../../modules/platform/timers.js";
import { type DeriveKey, deriveKeyAside } from "./shared-secret.js";
import { type HubClock, systemClock, systemTimers } from "./system-time.js";

/** A shared secret: product keys start with nhp_ and let any identifier in, device keys name theirs. */
export interface SharedSecret {
  readonly key: string;
  readonly secret: string;
  /** Given for a device key only. */
  readonly identifier?: string;
  readonly active?: boolean;
}

/** PEM texts. With them the hub speaks TLS; with `clientCa` it also takes client certificates signed by it. */
export interface HubTls {
  readonly key: string;
  readonly cert: string;
  readonly clientCa?: string;
}

export interface HubOptions {
  /** Name of the product; images with another project name are refused. */
  readonly product: string;
  readonly keys: readonly SharedSecret[];
  /** What a POST to the JSON endpoint must carry; made for this run when not given. */
  readonly token?: string;
  /** Folder of ESP-IDF images, looked at every `scanIntervalMs`. */
  readonly firmwareDir?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on; anything but loopback has to be asked for. */
  readonly listen?: string;
  readonly tls?: HubTls;
  readonly clock?: HubClock;
  /** Default: PBKDF2 on Node's threads. */
  readonly deriveKey?: DeriveKey;
  readonly timers?: Timers;
  /** Offer updates by itself; the group can also be switched later. */
  readonly automaticUpdates?: boolean;
  /** Tags a device must have to enter the deployment group at its join. */
  readonly groupTags?: readonly string[];
  /** Patches between known images by the real detools: "auto" uses it when it is installed. */
  readonly deltas?: "auto" | "off";
  /** The command that runs detools, with its first arguments; looked for when not given. */
  readonly detools?: readonly string[];
  /** Devices may put themselves into `device_managed`. */
  readonly managedUpdatesAllowed?: boolean;
  /** Extension names with the versions offered, newest first. */
  readonly extensions?: ReadonlyMap<string, readonly string[]>;
  /** "2026-08": the server of August 2026, which sends `{}` in `extensions:get` and knows no update modes. */
  readonly protocol?: "current" | "2026-08";
  /** Sent to devices that ask for keys with their join. */
  readonly publicKeys?: { readonly fwup?: readonly string[]; readonly archive?: readonly string[] };
  /** What a Range beyond the end gets: "s3" 416, "local" 500 as the server's own file store. */
  readonly storage?: "s3" | "local";
  /** Offer files over http although the hub speaks TLS. */
  readonly plainFiles?: boolean;
  /** Say size and checksums of what is offered; the 2.4.0 release does not when a person pushes. */
  readonly checksums?: boolean;
  /** Slows every download down, bytes a second; undefined is as fast as it goes. */
  readonly downloadBytesPerSecond?: number;
  /** How long a download URL is good, ms. */
  readonly urlLifetimeMs?: number;
  readonly idleTimeoutMs?: number;
  readonly scanIntervalMs?: number;
  /** From a join to the round of offers it starts, ms; 0 to 3000 on the real server. */
  readonly offerDelayMs?: number;
  /** From one unprompted round of offers to the next, ms. */
  readonly roundIntervalMs?: number;
  /** Devices that may be updating at one time. */
  readonly concurrentUpdates?: number;
  /** How long `failed` and `ignored` hold updates back, ms. */
  readonly penaltyMs?: number;
  readonly healthIntervalMs?: number;
  /** From one question for the position to the next, ms; 0 asks once. */
  readonly geoIntervalMs?: number;
}

/** What has no default. */
type Unset = "token" | "firmwareDir" | "tls" | "detools" | "downloadBytesPerSecond";

export type Settings = Required<Omit<HubOptions, Unset>> & Pick<HubOptions, Unset>;

/** All that the server of November 2026 offers, newest version first. */
export const allExtensions: ReadonlyMap<string, readonly string[]> = new Map([
  ["alarms", ["0.1.0"]],
  ["components", ["0.0.1"]],
  ["error_reports", ["0.1.0"]],
  ["geo", ["0.0.1"]],
  ["health", ["0.0.1"]],
  ["local_shell", ["0.0.1"]],
  ["logging", ["0.1.0", "0.0.1"]],
  ["metrics", ["0.1.0"]],
  ["network_identity", ["0.0.1"]],
]);

const minute = 60_000;

const defaults = {
  port: 0,
  listen: "127.0.0.1",
  clock: systemClock,
  deriveKey: deriveKeyAside,
  timers: systemTimers,
  automaticUpdates: true,
  groupTags: [],
  deltas: "off",
  managedUpdatesAllowed: true,
  extensions: allExtensions,
  protocol: "current",
  publicKeys: {},
  storage: "s3",
  plainFiles: false,
  checksums: true,
  urlLifetimeMs: 24 * 60 * minute,
  idleTimeoutMs: 3 * minute,
  scanIntervalMs: 1000,
  offerDelayMs: 100,
  roundIntervalMs: 130_000,
  concurrentUpdates: 10,
  penaltyMs: 24 * 60 * minute,
  healthIntervalMs: 60 * minute,
  geoIntervalMs: 0,
} as const;

export function settingsOf(options: HubOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...(given as unknown as HubOptions) };
}
