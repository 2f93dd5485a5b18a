/*
 * Which extensions the hub implements, and which of its versions serves a device that declared one.
 */

import semver from "semver";
import { isSemVer } from "../../../src/firmware/version.js";
import type { JsonObject } from "../json.js";
import { Alarms } from "./alarms.js";
import { Components } from "./components.js";
import { ErrorReports } from "./error-reports.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";
import { Geo } from "./geo.js";
import { Health } from "./health.js";
import { LocalShell } from "./local-shell.js";
import { Logging } from "./logging.js";
import { Metrics } from "./metrics.js";
import { NetworkIdentity } from "./network-identity.js";
import { OwnExtension } from "./own.js";

type Maker = new (context: ExtensionContext) => ServerExtension;

const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ["alarms", Alarms],
  ["components", Components],
  ["error_reports", ErrorReports],
  ["geo", Geo],
  ["health", Health],
  ["local_shell", LocalShell],
  ["logging", Logging],
  ["metrics", Metrics],
  ["network_identity", NetworkIdentity],
]);

/** One that is offered and not known here is an application's own. */
export function makeExtension(name: string, context: ExtensionContext): ServerExtension {
  return new (makers.get(name) ?? OwnExtension)(context);
}

/**
 * @param offered versions of that extension, newest first
 * @param declared by the device
 * @returns the offered version that serves it: the same major and minor, and not older (Elixir's `~>`)
 */
export function servingVersion(offered: readonly string[], declared: string): string | undefined {
  if (!isSemVer(declared)) return undefined;
  return offered.find((version) => semver.satisfies(declared, `~${version}`) && semver.gte(declared, version));
}

/** The body of `extensions:get`. */
export function advertisement(offered: ReadonlyMap<string, readonly string[]>): JsonObject {
  return { extensions: Object.fromEntries([...offered].map(([name, versions]) => [name, [...versions]])) };
}
