/*
 * network_identity 0.0.1: as whom other networks know this device (WireGuard, Tailscale, …). The application knows; this
 * asks it when the server asks, and every five minutes for what has changed.
 */

import type { Host } from "../../modules/host/host.js";
import type { Timer } from "../../modules/host/timers.js";
import { maxIdentities, maxIdentityCharacters, maxIdentityDetailsBytes } from "../../modules/limits/limits.js";
import { encodeUtf8 } from "../../modules/text/utf8.js";
import type { Log } from "../log.js";
import { Answer } from "./answer.js";
import type { Extension, ExtensionPort } from "./extension.js";
import type { Attempt } from "./paced-sender.js";

export interface NetworkIdentityEntry {
  readonly service: "iroh" | "netbird" | "tailscale" | "wireguard";
  /** Unique per service over the whole server, as a rule a public key; 1 to 255 characters. */
  readonly identifier: string;
  /** Which of several; default "default". */
  readonly instance?: string;
  /** At most 4096 bytes as JSON. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const services: readonly unknown[] = Object.freeze(["iroh", "netbird", "tailscale", "wireguard"]);
const pollMs = 300_000;

export class NetworkIdentity implements Extension {
  readonly key = "network_identity";
  readonly versions = ["0.0.1"];
  readonly #host: Host;
  readonly #log: Log;
  readonly #provider: () => readonly NetworkIdentityEntry[];
  readonly #answer: Answer;
  /** What the server has, as JSON, by service and instance. */
  readonly #told = new Map<string, string>();
  #timer: Timer | undefined;

  constructor(host: Host, log: Log, provider: () => readonly NetworkIdentityEntry[]) {
    this.#host = host;
    this.#log = log;
    this.#provider = provider;
    this.#answer = new Answer(host, (port) => this.#send(port));
  }

  attached(port: ExtensionPort): void {
    this.#answer.attached(port);
    this.#told.clear();
    this.#timer = this.#host.timers.repeat(() => this.#answer.owe(), pollMs);
  }

  event(event: string): void {
    if (event !== "request") return;
    this.#told.clear();
    this.#answer.owe();
  }

  detached(): void {
    this.#host.timers.clear(this.#timer);
    this.#answer.detached();
  }

  #send(port: ExtensionPort): Attempt {
    const fresh = new Map<string, string>();
    const identities: NetworkIdentityEntry[] = [];
    for (const identity of this.#provider()) {
      const { service, instance = "default", identifier, details = {} } = identity;
      const name = `${service}/${instance}`;
      if (!isUsable(identity))
        this.#log.warning(`The network identity ${name.slice(0, 80)} is not one the server takes.`);
      else if (identities.length < maxIdentities) {
        const entry = { service, instance, identifier, details };
        const text = JSON.stringify(entry);
        if (this.#told.get(name) === text) continue;
        fresh.set(name, text);
        identities.push(entry);
      }
    }
    if (identities.length === 0) return "empty";
    if (!port.send("report", { identities })) return "refused";
    for (const [name, text] of fresh) this.#told.set(name, text);
    return "sent";
  }
}

function isUsable({ service, identifier, instance = "default", details = {} }: NetworkIdentityEntry): boolean {
  const named = (text: unknown): boolean =>
    typeof text === "string" && text !== "" && text.length <= maxIdentityCharacters;
  if (!services.includes(service) || !named(identifier) || !named(instance)) return false;
  return encodeUtf8(JSON.stringify(details)).byteLength <= maxIdentityDetailsBytes;
}
