/*
 * Every feature of the agent, as a suite switches them: what has no option of its own is on. New objects for every link,
 * since a feature is one link's.
 */

import type { Command } from "../../src/command.js";
import type { Feature } from "../../src/feature.js";
import { Alarms } from "../../src/features/alarms/alarms.js";
import { Archives, type ArchivesOptions } from "../../src/features/archives/archives.js";
import { Components, type Topology } from "../../src/features/components/components.js";
import { Commands, type Evaluate } from "../../src/features/console/commands.js";
import { Console } from "../../src/features/console/console.js";
import { Delta } from "../../src/features/delta/delta.js";
import { ErrorReports } from "../../src/features/error-reports/error-reports.js";
import type { Extension } from "../../src/features/extensions/extension.js";
import { Extensions } from "../../src/features/extensions/extensions.js";
import type { FirmwareWriter } from "../../src/features/firmware-writer/firmware-writer.js";
import { WriterTarget } from "../../src/features/firmware-writer/writer-target.js";
import { Geo, type PositionProvider } from "../../src/features/geo/geo.js";
import { Health, type HealthOptions } from "../../src/features/health/health.js";
import { LocalShell } from "../../src/features/local-shell/local-shell.js";
import { Logging, type LoggingOptions } from "../../src/features/logging/logging.js";
import { ManagedUpdates, type ManagedUpdatesOptions } from "../../src/features/managed-updates/managed-updates.js";
import { Metrics, type MetricsOptions } from "../../src/features/metrics/metrics.js";
import { NetworkIdentity, type NetworkIdentityEntry } from "../../src/features/network-identity/network-identity.js";
import { Scripts } from "../../src/features/scripts/scripts.js";
import { ServerKeys } from "../../src/features/server-keys/server-keys.js";
import type { LinkOptions } from "../../src/options.js";

export interface FeatureOptions {
  health?: HealthOptions | false;
  metrics?: MetricsOptions | false;
  alarms?: false;
  logging?: LoggingOptions | false;
  errorReports?: false;
  managedUpdates?: ManagedUpdatesOptions;
  /** Default: not there, as for all below. */
  geo?: PositionProvider;
  networkIdentity?: () => readonly NetworkIdentityEntry[];
  components?: () => Topology;
  extensions?: readonly Extension[];
  console?: boolean;
  localShell?: boolean;
  /** Default: as `console`. */
  scripts?: boolean;
  commands?: readonly Command[];
  evaluate?: Evaluate;
  archives?: ArchivesOptions;
  writer?: FirmwareWriter;
}

/** Options of a link, and which features it has. */
export type LinkWithFeatures = Partial<LinkOptions> & FeatureOptions;

export class AllFeatures {
  readonly health: Health;
  readonly metrics: Metrics;
  readonly alarms = new Alarms();
  readonly errorReports = new ErrorReports();
  readonly managedUpdates: ManagedUpdates;
  readonly serverKeys = new ServerKeys();
  readonly geo: Geo | undefined;
  readonly components: Components | undefined;
  readonly archives: Archives | undefined;
  readonly #options: LinkWithFeatures;

  constructor(options: LinkWithFeatures = {}) {
    this.#options = options;
    this.health = new Health(options.health || {});
    this.metrics = new Metrics(options.metrics || {});
    this.managedUpdates = new ManagedUpdates(options.managedUpdates);
    this.geo = options.geo && new Geo(options.geo);
    this.components = options.components && new Components(options.components);
    this.archives = options.archives && new Archives(options.archives);
  }

  /** For `new NervesHubLink`. */
  get options(): Partial<LinkOptions> {
    const { writer, health, metrics, alarms, logging, errorReports, ...rest } = this.#options;
    const { managedUpdates, geo, networkIdentity, components, extensions, archives, ...others } = rest;
    const { localShell, scripts, commands, evaluate, console, ...link } = others;
    return {
      formats: [new Delta()],
      ...(writer === undefined ? {} : { target: new WriterTarget(writer) }),
      ...link,
      features: [...this.#features(), ...(link.features ?? [])],
    };
  }

  #features(): Feature[] {
    const { console, localShell, scripts = console, commands, evaluate, extensions, networkIdentity } = this.#options;
    const { health, metrics, alarms, errorReports, logging } = this.#options;
    const features: (Feature | undefined | false)[] = [
      this.managedUpdates,
      this.serverKeys,
      this.archives,
      health !== false && this.health,
      metrics !== false && this.metrics,
      alarms !== false && this.alarms,
      errorReports !== false && this.errorReports,
      this.geo,
      this.components,
      networkIdentity && new NetworkIdentity(networkIdentity),
      localShell && new LocalShell(),
      logging !== false && new Logging(logging),
      commands && new Commands(commands),
      evaluate && {
        install: (core) => {
          core.feature(Commands).evaluate = evaluate;
        },
      },
      console && new Console(),
      scripts && new Scripts(),
      extensions && new Extensions(extensions),
    ];
    return features.filter((feature) => typeof feature === "object");
  }
}
