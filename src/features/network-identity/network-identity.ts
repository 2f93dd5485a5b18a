/*
 * network_identity 0.0.1: the device's identities in other networks (WireGuard, Tailscale, …). It gets them from the
 * application's provider: all of them when the server asks, and changes every five minutes.
 */

import { asFault } from "../../../modules/fault/fault.js";
import type { Timer } from "../../../modules/platform/timers.js";
import { cut } from "../../../modules/text/cut.js";
import { isPrintable } from "../../../modules/text/printable.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import type { Core, Feature } from "../../feature.js";
import { type Kind, type LastFailure, take } from "../../log/guarded.js";
import { wrong } from "../../option-checks.js";
import { Answer, type Answering } from "../extensions/answer.js";
import type { Attachment, Extension } from "../extensions/extension.js";
import { Extensions } from "../extensions/extensions.js";
import { maxListBytes } from "../extensions/json-bytes.js";
import { type Attempt, Outbox } from "../extensions/outbox.js";

/** Identities of one report (the server cuts off the rest), characters of a name, bytes of details. */
export const maxIdentities = 10;
export const maxIdentityCharacters = 255;
export const maxIdentityDetailsBytes = 4096;

export interface NetworkIdentityEntry {
  readonly service: "iroh" | "netbird" | "tailscale" | "wireguard";
  /** Unique per service on the whole server, usually a public key; 1 to 255 characters. */
  readonly identifier: string;
  /** Tells several identities of one service apart; default "default". */
  readonly instance?: string;
  /** At most 4096 bytes as JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An entry, ready to be sent. */
interface Identity {
  /** Service and instance. */
  readonly name: string;
  /** The entry as JSON; undefined when the server would not take it. */
  readonly json: string | undefined;
}

const identities: Kind<Identity[]> = Object.freeze({
  wanted: "a list of identities",
  read: (value: unknown) => (Array.isArray(value) ? value.map(identityOf) : undefined),
});

const services: readonly unknown[] = Object.freeze(["iroh", "netbird", "tailscale", "wireguard"]);
const pollMs = 300_000;

export class NetworkIdentity implements Feature, Extension, Answering {
  readonly key = "network_identity";
  readonly versions = ["0.0.1"];
  private _core: Core | undefined;
  private readonly _provider: () => readonly NetworkIdentityEntry[];
  private readonly _lastFailure: LastFailure = {};
  private _answer: Answer | undefined;
  /** The identities that were sent, as JSON, by service and instance. */
  private readonly _told = new Map<string, string>();
  private _timer: Timer | undefined;

  /** @param provider returns the identities; called when the server asks and every five minutes */
  constructor(provider: () => readonly NetworkIdentityEntry[]) {
    this._provider = provider;
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    if (typeof this._provider !== "function") throw wrong("networkIdentity", "must be a function");
    this._core = core;
    this._answer = new Answer(core.feature(Outbox), this);
    core.feature(Extensions).add(this);
  }

  attached(attachment: Attachment): void {
    this._answer?.attached(attachment);
    this._told.clear();
    this._timer = this._core!.platform.timers.repeat(() => this._answer?.owe(), pollMs);
  }

  event(event: string): void {
    if (event !== "request") return;
    this._told.clear();
    this._answer?.owe();
  }

  detached(): void {
    this._core!.platform.timers.clear(this._timer);
    this._answer?.detached();
  }

  /** Sends the identities that have changed (Answering). */
  answer(attachment: Attachment): Attempt {
    const fresh = new Map<string, string>();
    for (const { name, json } of take(
      this._core!.log,
      "networkIdentity",
      this._provider,
      identities,
      this._lastFailure,
    ) ?? []) {
      if (json === undefined)
        this._core!.log.warning(`The network identity ${cut(name, 80)} is not one the server takes.`);
      else if (fresh.size < maxIdentities && this._told.get(name) !== json) fresh.set(name, json);
    }
    if (fresh.size === 0) return "empty";
    const sent = firstOf(fresh);
    if (!attachment.send("report", { identities: sent.map(([, json]) => JSON.parse(json) as object) }))
      return "refused";
    for (const [name, json] of sent) this._told.set(name, json);
    // The server adds the identities of a report to those it has, so the rest is sent in another message.
    if (sent.length < fresh.size) this._answer?.owe();
    return "sent";
  }
}

/** The first identities, as many as fit one message; at least one always fits. */
const firstOf = (identities: ReadonlyMap<string, string>): [name: string, json: string][] => {
  const first: [string, string][] = [];
  let bytes = 0;
  for (const [name, json] of identities) {
    bytes += encodeUtf8(json).byteLength + 1;
    if (bytes > maxListBytes) break;
    first.push([name, json]);
  }
  return first;
};

/** Reads an entry once, since it may have getters of the application. An entry that throws is refused alone. */
const identityOf = (entry: unknown): Identity => {
  try {
    const { service, identifier, instance = "default", details = {} } = entry as NetworkIdentityEntry;
    const name = `${service}/${instance}`;
    const usable = services.includes(service) && isName(identifier) && isName(instance);
    const large = encodeUtf8(JSON.stringify(details)).byteLength > maxIdentityDetailsBytes;
    return { name, json: usable && !large ? JSON.stringify({ service, instance, identifier, details }) : undefined };
  } catch (error) {
    return { name: `(${asFault(error, "application", "bad-identity").message})`, json: undefined };
  }
};

const isName = (text: unknown): boolean => {
  return typeof text === "string" && text !== "" && text.length <= maxIdentityCharacters && isPrintable(text);
};
