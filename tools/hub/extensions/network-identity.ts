/*
 * network_identity 0.0.1: which overlay networks know the device, and as what.
 * A report adds and refreshes, it never removes.
 */

import { isObject, isText, type Json, member, sizeOf } from "../json.js";
import { maxIdentities, maxIdentityBytes } from "../limits.js";
import type { ExtensionContext, ServerExtension } from "./extension.js";

const services = new Set(["iroh", "netbird", "tailscale", "wireguard"]);
const identitiesInReport = 10;
const nameLength = 255;
const detailsBytes = 4096;

export class NetworkIdentity implements ServerExtension {
  readonly #context: ExtensionContext;
  readonly #identities = new Map<string, Json>();

  constructor(context: ExtensionContext) {
    this.#context = context;
  }

  attached(): void {
    this.#context.push("request", {});
  }

  detached(): void {}

  receive(event: string, payload: Json): void {
    const identities = member(payload, "identities");
    if (event !== "report" || !Array.isArray(identities)) {
      this.#context.say(`unusable event ${event}`);
      return;
    }
    for (const identity of identities.slice(0, identitiesInReport)) this.#store(identity);
    this.#context.keep({ identities: [...this.#identities.values()] });
    this.#context.say(`${identities.length} identities reported`, payload);
  }

  #store(identity: Json): void {
    if (!isObject(identity)) return;
    const { service, identifier, instance = "default", details = {} } = identity;
    const named = (name: Json) => isText(name) && name !== "" && name.length <= nameLength;
    const good =
      isText(service) &&
      services.has(service) &&
      named(identifier) &&
      named(instance) &&
      isObject(details) &&
      Buffer.byteLength(JSON.stringify(details)) <= detailsBytes &&
      sizeOf(identity, maxIdentityBytes) !== undefined &&
      (this.#identities.size < maxIdentities || this.#identities.has(`${service}/${instance}`));
    if (good) this.#identities.set(`${service}/${instance}`, identity);
    else this.#context.say("an identity that the server would skip", identity);
  }
}
