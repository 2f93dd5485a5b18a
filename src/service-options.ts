/*
 * Options of what the agent serves besides firmware: extensions, console, scripts, archives. Part of LinkOptions.
 *
 * The rule it guards: what opens the device to somebody, or tells of it, is switched by `true` or `false` themselves.
 * (Functions are looked at in functions.ts.)
 */

import { parseUrl } from "../modules/http/url.js";

import type { ArchiveWriter } from "./features/archives/archive-writer.js";
import type { Topology } from "./features/components/components.js";
import type { Command, Evaluate } from "./features/console/command.js";
import type { Extension } from "./features/extensions/extension.js";
import type { PositionProvider } from "./features/geo/geo.js";
import type { HealthOptions } from "./features/health/health.js";
import type { LoggingOptions } from "./features/logging/logging.js";
import type { MetricsOptions } from "./features/metrics/metrics.js";
import type { NetworkIdentityEntry } from "./features/network-identity/network-identity.js";
import { levels } from "./log/log.js";
import { requireBoolean, requireObject, wrong } from "./option-checks.js";

/** Looks the position up from the address that a public service sees, which tells that service of the device. */
export interface GeoIpOptions {
  /** `true`: https://whenwhere.nerves-project.org/, as the official agent. */
  geoip: true | string;
}

export interface ServiceOptions {
  /** False switches it off. Default: on, with the device's own metrics. */
  health?: HealthOptions | false;
  metrics?: MetricsOptions | false;
  /** False: alarms go with the health reports only. */
  alarms?: boolean;
  /** What the server gets of the log; false: nothing. Default: level "info" and above. */
  logging?: LoggingOptions | false;
  errorReports?: boolean;
  /** Where the device is. Default: not told. */
  geo?: PositionProvider | GeoIpOptions;
  /** As whom other networks know this device. Default: not told. */
  networkIdentity?: () => readonly NetworkIdentityEntry[];
  /** What the device is made of, asked for at every request. Default: not told. */
  components?: () => Topology;
  /** The application's own extensions. */
  extensions?: readonly Extension[];
  /** The console on the device's page. Default: off. */
  console?: boolean;
  /** A second terminal there, with the same commands. Default: off. */
  localShell?: boolean;
  /** Support scripts and connecting code, line by line through the same commands. Default: as `console`; off: refused in words. */
  scripts?: boolean;
  /** Commands of the application, for console, local shell and scripts. */
  commands?: readonly Command[];
  /** Lines that are no command are evaluated with this. Default: they are refused. */
  evaluate?: Evaluate;
  /** Where archives go that `archiveAvailable` accepts. */
  archiveWriter?: ArchiveWriter;
}

const switches = Object.freeze(["alarms", "errorReports", "console", "localShell", "scripts"] as const);
const objects = Object.freeze(["health", "metrics", "logging"] as const);

/**
 * What is undefined has its default.
 * @throws Fault of stage "options" that names the option
 */
export const checkServices = (options: ServiceOptions): ServiceOptions => {
  for (const name of switches) if (options[name] !== undefined) requireBoolean(name, options[name]);
  for (const name of objects) {
    const value: unknown = options[name];
    if (value === undefined || value === false) continue;
    if (typeof value !== "object") throw wrong(name, "must be an object, or false to switch it off");
    requireObject(name, value);
  }
  const { metrics, logging, geo } = options;
  if (metrics && metrics.vitals !== undefined) requireBoolean("metrics.vitals", metrics.vitals);
  if (logging && logging.level !== undefined && !levels.includes(logging.level))
    throw wrong("logging.level", `must be one of ${levels.join(", ")}`);
  if (geo === undefined || typeof geo === "function") return options;
  requireObject("geo", geo);
  if ("geoip" in geo && geo.geoip !== true && !isWebUrl(geo.geoip))
    throw wrong("geo.geoip", "must be true, or an http or https URL; leave geo out to switch it off");
  return options;
};

const isWebUrl = (value: unknown): boolean => {
  const scheme = typeof value === "string" ? parseUrl(value)?.scheme : undefined;
  return scheme === "http" || scheme === "https";
};
