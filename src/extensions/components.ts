/*
 * components 0.0.1: what the device is made of, with actions that an operator may run and modes that he may set
 * (nerves_hub_web, lib/nerves_hub/extensions/components.ex; nerves_hub_link, extensions/components.ex).
 *
 * The rule it guards: every request is answered, by its ref, within a bounded time; only what was reported can be asked
 * for, and a mode takes only the values that it names.
 */

import { asFault } from "../../modules/fault/fault.js";
import type { Host } from "../../modules/host/host.js";
import {
  answerRate,
  commandDeadlineMs,
  maxComponentOutputCharacters,
  maxComponentRequests,
} from "../../modules/limits/limits.js";
import type { Extension, ExtensionPort } from "./extension.js";
import { type Attempt, PacedSender } from "./paced-sender.js";

/** Text, or a promise of it, is shown to the operator; anything else counts as done. */
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
  /** Where health's metadata tell the value in force; default: the identifier. */
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

export class Components implements Extension {
  readonly key = "components";
  readonly versions = ["0.0.1"];
  readonly names = ["ref", "component", "action", "mode", "value"];
  readonly #host: Host;
  readonly #provider: () => Topology;
  readonly #sender: PacedSender;
  #reportDue = false;
  #results: { readonly event: string; readonly result: Result }[] = [];
  #running = 0;
  #port: ExtensionPort | undefined;

  constructor(host: Host, provider: () => Topology) {
    this.#host = host;
    this.#provider = provider;
    this.#sender = new PacedSender(host, answerRate, () => this.#flush());
  }

  /** Sends the topology again, after a change. @returns false while the server wants none */
  report(): boolean {
    if (this.#port === undefined) return false;
    this.#reportDue = true;
    this.#sender.wake();
    return true;
  }

  attached(port: ExtensionPort): void {
    this.#port = port;
  }

  event(event: string, payload: unknown): void {
    if (event === "request") this.report();
    else if (event === "action:run") this.#action(fields(payload, ["ref", "component", "action"]));
    else if (event === "mode:set") this.#mode(fields(payload, ["ref", "component", "mode", "value"]));
  }

  detached(): void {
    this.#port = undefined;
    this.#reportDue = false;
    this.#results = [];
    this.#sender.stop();
  }

  #action(request: Result): void {
    const action = this.#component(request["component"])?.actions?.find(
      ({ identifier }) => identifier === request["action"],
    );
    if (action === undefined) this.#answer("action:result", request, "error", "unknown action");
    else this.#run("action:result", request, () => action.run());
  }

  #mode(request: Result): void {
    const value = request["value"] ?? "";
    const mode = this.#component(request["component"])?.modes?.find(({ identifier }) => identifier === request["mode"]);
    if (mode === undefined) this.#answer("mode:result", request, "error", "unknown mode");
    else if (!mode.values.includes(value)) this.#answer("mode:result", request, "error", "invalid value");
    else this.#run("mode:result", request, () => mode.set(value));
  }

  #component(identifier: string | undefined): Component | undefined {
    const { assemblies = [], networks = [] } = this.#provider();
    const lists = [...assemblies.map(({ components }) => components), ...networks.map(({ peers }) => peers)];
    for (const list of lists) {
      const found = list?.find((component) => component.identifier === identifier);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #run(event: string, request: Result, body: () => unknown): void {
    if (this.#running >= maxComponentRequests) {
      this.#answer(event, request, "error", "busy");
      return;
    }
    this.#running++;
    const { timers } = this.#host;
    let answered = false;
    const answer = (status: string, output: unknown): void => {
      if (answered) return;
      answered = true;
      this.#running--;
      timers.clear(deadline);
      this.#answer(event, request, status, typeof output === "string" ? output : "");
    };
    const deadline = timers.set(() => answer("error", "timeout"), commandDeadlineMs);
    const failed = (error: unknown): void => answer("error", asFault(error, "application", "callback-threw").message);
    try {
      const outcome = body();
      if (outcome instanceof Promise) outcome.then((output: unknown) => answer("ok", output), failed);
      else answer("ok", outcome);
    } catch (error) {
      failed(error);
    }
  }

  #answer(event: string, request: Result, status: string, output: string): void {
    if (this.#port === undefined || this.#results.length >= maxComponentRequests * 2) return;
    this.#results.push({
      event,
      result: { ...request, status, output: output.slice(0, maxComponentOutputCharacters) },
    });
    this.#sender.wake();
  }

  #flush(): Attempt {
    const next = this.#results[0];
    if (next !== undefined) {
      if (!this.#port?.send(next.event, next.result)) return "refused";
      this.#results.shift();
      return "sent";
    }
    if (!this.#reportDue) return "empty";
    this.#reportDue = false;
    if (this.#port?.send("report", topologyPayload(this.#provider()))) return "sent";
    this.#reportDue = true;
    return "refused";
  }
}

/** The named texts of a request; what is no text is left out. */
function fields(payload: unknown, names: readonly string[]): Result {
  const given = typeof payload === "object" && payload !== null ? (payload as Record<string, unknown>) : {};
  const result: Result = {};
  for (const name of names) if (typeof given[name] === "string") result[name] = given[name];
  return result;
}

function named({ identifier, label }: { identifier: string; label?: string }): object {
  return label === undefined ? { identifier } : { identifier, label };
}

function componentPayload(component: Component): object {
  const { metrics = [], metadata = [], actions = [], modes = [] } = component;
  return {
    ...named(component),
    metrics,
    metadata,
    actions: actions.map(named),
    modes: modes.map((mode) => ({
      ...named(mode),
      metadata_key: mode.metadataKey ?? mode.identifier,
      values: mode.values,
    })),
  };
}

function topologyPayload({ assemblies = [], networks = [] }: Topology): object {
  return {
    assemblies: assemblies.map((assembly) => ({
      ...named(assembly),
      components: (assembly.components ?? []).map(componentPayload),
    })),
    networks: networks.map((network) => ({
      ...named(network),
      metrics: network.metrics ?? [],
      peers: (network.peers ?? []).map(componentPayload),
    })),
  };
}
