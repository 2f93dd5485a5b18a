/*
 * Options of what the agent serves besides firmware: extensions, console, scripts, archives. Part of LinkOptions.
 */

import type { ArchiveWriter } from "./archive/archive-writer.js";
import type { Command, Evaluate } from "./console/command.js";
import type { Topology } from "./extensions/components.js";
import type { Extension } from "./extensions/extension.js";
import type { PositionProvider } from "./extensions/geo.js";
import type { HealthOptions } from "./extensions/health.js";
import type { LoggingOptions } from "./extensions/logging.js";
import type { MetricsOptions } from "./extensions/metrics.js";
import type { NetworkIdentityEntry } from "./extensions/network-identity.js";

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
