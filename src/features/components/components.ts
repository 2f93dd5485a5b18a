/*
 * components 0.0.1: the device's components, with actions that an operator may run and modes that an operator may set
 * (nerves_hub_web, lib/nerves_hub/extensions/components.ex; nerves_hub_link, extensions/components.ex).
 *
 * The rules it guards: every request is answered, by its ref, within a bounded time; only the provider's components can be
 * addressed; a mode accepts only its `values`.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import { cut } from "../../../modules/text/cut.js";
import { commandDeadlineMs } from "../../command.js";
import type { Core, Feature } from "../../feature.js";
import { ask, type Kind, type LastFailure, take } from "../../log/guarded.js";
import { wrong } from "../../option-checks.js";
import { answerRate } from "../extensions/answer.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { type Attempt, type Lane, type LaneOwner, Outbox } from "../extensions/outbox.js";

/** Characters of a result of a component's action or mode; the server keeps 8,192. */
export const maxComponentOutputCharacters = 2048;
/** Actions and modes that run at one time. */
export const maxComponentRequests = 4;

/**
 * The function of an action or a mode. A text that it returns, or a promise of a text, is shown to the operator; any other value
 * means done. An error is shown as the reason of the failure. A promise is awaited for at most ten seconds.
 */
export type Handler<T extends unknown[]> = (...args: T) => unknown;

export interface ComponentAction {
  readonly identifier: string;
  readonly label?: string;
  readonly run: Handler<[]>;
}

export interface ComponentMode {
  readonly identifier: string;
  readonly label?: string;
  readonly values: readonly string[];
  /** Name of the health metadata that holds the mode's current value; default: the identifier. */
  readonly metadataKey?: string;
  readonly set: Handler<[value: string]>;
}

export interface Component {
  readonly identifier: string;
  readonly label?: string;
  /** Names of health metrics that belong to it. */
  readonly metrics?: readonly string[];
  /** Names of health metadata that belong to it. */
  readonly metadata?: readonly string[];
  readonly actions?: readonly ComponentAction[];
  readonly modes?: readonly ComponentMode[];
}

export interface Assembly {
  readonly identifier: string;
  readonly label?: string;
  readonly components?: readonly Component[];
}

export interface PeerNetwork {
  readonly identifier: string;
  readonly label?: string;
  readonly metrics?: readonly string[];
  readonly peers?: readonly Component[];
}

export interface Topology {
  readonly assemblies?: readonly Assembly[];
  readonly networks?: readonly PeerNetwork[];
}

type Result = Record<string, string>;

/** The function that a request asks for, or the reason why there is none. */
type Found = { readonly name: string; readonly run: () => unknown } | string;

export class Components implements Feature, Extension, LaneOwner {
  readonly key = "components";
  readonly versions = ["0.0.1"];
  readonly names = ["ref", "component", "action", "mode", "value"];
  private _core: Core | undefined;
  private readonly _provider: () => Topology;
  private readonly _lastFailure: LastFailure = {};
  private _lane: Lane | undefined;
  private _reportDue = false;
  private _results: { readonly event: string; readonly result: Result }[] = [];
  private _running = 0;
  private _attachment: Attachment | undefined;

  /** @param provider returns the topology; called for every request of the server */
  constructor(provider: () => Topology) {
    this._provider = provider;
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    if (typeof this._provider !== "function") throw wrong("components", "must be a function");
    this._core = core;
    this._lane = core.feature(Outbox).lane(answerRate, this);
    core.feature(Extensions).add(this);
  }

  /** Sends the topology again, after a change. @returns false while the server wants none */
  report(): boolean {
    if (this._attachment === undefined) return false;
    this._reportDue = true;
    this._lane?.wake();
    return true;
  }

  attached(attachment: Attachment): void {
    this._attachment = attachment;
  }

  event(event: string, payload: unknown): void {
    if (event === "request") this.report();
    else if (event === "action:run") this._action(fields(payload, ["ref", "component", "action"]));
    else if (event === "mode:set") this._mode(fields(payload, ["ref", "component", "mode", "value"]));
  }

  detached(): void {
    this._attachment = undefined;
    this._reportDue = false;
    this._results = [];
    this._lane?.stop();
  }

  private _action(request: Result): void {
    const wanted = request["action"];
    const find = (component: Component | undefined): Found => {
      const action = component?.actions?.find(({ identifier }) => identifier === wanted);
      return action === undefined ? "unknown action" : { name: `action "${wanted}"`, run: () => action.run() };
    };
    this._run("action:result", request, find);
  }

  private _mode(request: Result): void {
    const value = request["value"] ?? "";
    const wanted = request["mode"];
    const find = (component: Component | undefined): Found => {
      const mode = component?.modes?.find(({ identifier }) => identifier === wanted);
      if (mode === undefined) return "unknown mode";
      return texts(mode.values).includes(value)
        ? { name: `mode "${wanted}"`, run: () => mode.set(value) }
        : "invalid value";
    };
    this._run("mode:result", request, find);
  }

  private _run(event: string, request: Result, find: (component: Component | undefined) => Found): void {
    if (this._running >= maxComponentRequests) {
      this._answer(event, request, "error", "busy");
      return;
    }
    const kind: Kind<Found> = {
      wanted: topologies.wanted,
      read: (topology) => (isTopology(topology) ? find(componentIn(topology, request["component"])) : undefined),
    };
    const found =
      take(this._core!.log, "components", this._provider, kind, this._lastFailure) ??
      "the device cannot tell its components";
    if (typeof found === "string") {
      this._answer(event, request, "error", found);
      return;
    }
    this._running++;
    const answer = (status: string, output: unknown): void => {
      this._running--;
      this._answer(event, request, status, typeof output === "string" ? output : "");
    };
    ask({
      log: this._core!.log,
      name: found.name,
      body: found.run,
      deadline: { timers: this._core!.platform.timers, ms: commandDeadlineMs },
      done: (output) => answer("ok", output),
      failed: ({ message }, how) => answer("error", how === "late" ? "timeout" : message),
    });
  }

  private _answer(event: string, request: Result, status: string, output: string): void {
    if (this._attachment === undefined || this._results.length >= maxComponentRequests * 2) return;
    this._results.push({
      event,
      result: { ...request, status, output: cut(output, maxComponentOutputCharacters) },
    });
    this._lane?.wake();
  }

  /** Sends the next result, or the topology (LaneOwner). */
  flush(): Attempt {
    const next = this._results[0];
    if (next !== undefined) {
      if (!this._attachment?.send(next.event, next.result)) return "refused";
      this._results.shift();
      return "sent";
    }
    if (!this._reportDue) return "empty";
    this._reportDue = false;
    const report = take(this._core!.log, "components", this._provider, topologies, this._lastFailure);
    if (report === undefined) return "empty";
    if (this._attachment?.send("report", report)) return "sent";
    this._reportDue = true;
    return "refused";
  }
}

/** The texts of a request under these names; other values are left out. */
const fields = (payload: unknown, names: readonly string[]): Result => {
  const given = fieldsOf(payload);
  const result: Result = {};
  for (const name of names) if (typeof given[name] === "string") result[name] = given[name];
  return result;
};

const isTopology = (value: unknown): value is Topology => {
  return typeof value === "object" && value !== null && !Array.isArray(value);
};

/** Copies a topology as texts and lists of texts, so that no value of the application prevents it from being sent. */
const topologies: Kind<object> = Object.freeze({
  wanted: "an object with assemblies and networks",
  read: (value: unknown) => (isTopology(value) ? topologyPayload(value) : undefined),
});

const componentIn = (
  { assemblies = [], networks = [] }: Topology,
  identifier: string | undefined,
): Component | undefined => {
  const lists = [...assemblies.map(({ components }) => components), ...networks.map(({ peers }) => peers)];
  for (const list of lists) {
    const found = list?.find((component) => component.identifier === identifier);
    if (found !== undefined) return found;
  }
  return undefined;
};

const named = ({ identifier, label }: { identifier: string; label?: string }): object => {
  return label === undefined
    ? { identifier: String(identifier) }
    : { identifier: String(identifier), label: String(label) };
};

const texts = (list: readonly string[] = []): string[] => {
  return list.map(String);
};

const componentPayload = (component: Component): object => {
  const { metrics, metadata, actions = [], modes = [] } = component;
  return {
    ...named(component),
    metrics: texts(metrics),
    metadata: texts(metadata),
    actions: actions.map(named),
    modes: modes.map((mode) => ({
      ...named(mode),
      metadata_key: String(mode.metadataKey ?? mode.identifier),
      values: texts(mode.values),
    })),
  };
};

const topologyPayload = ({ assemblies = [], networks = [] }: Topology): object => {
  return {
    assemblies: assemblies.map((assembly) => ({
      ...named(assembly),
      components: (assembly.components ?? []).map(componentPayload),
    })),
    networks: networks.map((network) => ({
      ...named(network),
      metrics: texts(network.metrics),
      peers: (network.peers ?? []).map(componentPayload),
    })),
  };
};
