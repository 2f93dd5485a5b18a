/*
 * The roots that a device can have: those built into the agent (modules/tls/roots.md is the table), those that the
 * Moddable SDK has to be included (ca.ski and caN.der, where an SDK is installed), and all that this computer trusts.
 */

import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import { toHex } from "../../modules/text/hex.js";
import { sameBytes } from "../../modules/text/same-bytes.js";
import { type Certificate, readCertificate } from "../../modules/x509/certificate.js";
import { mayHaveIssued, type TrustAnchors } from "../../modules/x509/path.js";

const identifierBytes = 20;
const agentTls = fileURLToPath(new URL("../../../modules/tls/", import.meta.url));

function sdkData(): string {
  return join(process.env["MODDABLE"] ?? join(homedir(), ".local/share/moddable"), "modules/crypt/data");
}

/** Key identifiers of the SDK's roots, in hexadecimal, in their order; empty without an SDK. */
function sdkIdentifiers(): string[] {
  const path = join(sdkData(), "ca.ski");
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const count = Math.floor(bytes.byteLength / identifierBytes);
  return Array.from({ length: count }, (_, i) => bytes.toString("hex", i * identifierBytes, (i + 1) * identifierBytes));
}

/** Anchors in a list. */
export class RootList implements TrustAnchors {
  readonly #roots: readonly Certificate[];

  constructor(roots: readonly Certificate[]) {
    this.#roots = roots;
  }

  issuersOf(certificate: Certificate): Certificate[] {
    return this.#roots.filter((root) => mayHaveIssued(root, certificate));
  }

  includes(certificate: Certificate): boolean {
    return this.#roots.some(({ der }) => sameBytes(der, certificate.der));
  }

  hint(): undefined {
    return undefined;
  }
}

function readable(der: Uint8Array): Certificate[] {
  try {
    return [readCertificate(der)];
  } catch {
    return []; // a root that the agent cannot read is none that it could use
  }
}

export class RootCatalogue {
  /** Every root that can be found on this computer. */
  readonly all: readonly Certificate[];
  readonly #agent: ReadonlySet<string>;
  readonly #sdk: readonly string[] = sdkIdentifiers();

  constructor() {
    const table = readFileSync(join(agentTls, "roots.md"), "utf8");
    this.#agent = new Set(table.match(/\b[0-9a-f]{40}\b/g) ?? []);
    const own = join(agentTls, "roots");
    const files = readdirSync(own).map((name) => new Uint8Array(readFileSync(join(own, name))));
    const system = rootCertificates.map((pem) => new Uint8Array(new X509Certificate(pem).raw));
    this.all = [...files, ...system].flatMap(readable);
  }

  /** Those that the agent trusts unless it is given others. */
  get builtIn(): Certificate[] {
    return this.all.filter(({ subjectKeyIdentifier: id }) => id !== undefined && this.#agent.has(toHex(id)));
  }

  /** Where the root with this key identifier is to be had, for a person. */
  whereabouts(identifier: string): string {
    const index = this.#sdk.indexOf(identifier);
    const resource = index < 0 ? "" : `SDK resource ca${index}`;
    if (this.#agent.has(identifier)) return `built into the agent${resource && ` (${resource})`}`;
    if (resource) return `not built in; ${resource}: add "$(MODDABLE)/modules/crypt/data/ca${index}" to the manifest`;
    const look = this.#sdk.length > 0 ? "the Moddable SDK has it not" : "no Moddable SDK is here to look into";
    return `not built in, and ${look}: give it to the device in the option roots`;
  }
}
