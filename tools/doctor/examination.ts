/*
 * The examination: one question after the other, from the options to the login, each answered in a line; a join only
 * where it is asked for, behind a warning. What does not depend on a failed step goes on, so that one run tells as much
 * as can be told.
 */

import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { NodeNetwork } from "../../hosts/node/network.js";
import { networkFault } from "../../hosts/node/network-fault.js";
import { Fault } from "../../modules/fault/fault.js";
import type { Clock } from "../../modules/platform/clock.js";
import { toHex } from "../../modules/text/hex.js";
import { printable } from "../../modules/text/printable.js";
import { nameForPeople, readCertificate } from "../../modules/x509/certificate.js";
import { decodeCertificates } from "../../modules/x509/encoded.js";
import type { Credentials } from "../../src/connection/credentials.js";
import { deviceJoin } from "../../src/device/device-channel.js";
import type { Firmware } from "../../src/device/firmware.js";
import { Log } from "../../src/log/log.js";
import { Redactor } from "../../src/log/redact.js";
import { checkOptions, type Settings } from "../../src/options.js";
import { attempt } from "./attempt.js";
import { asDevice, type Handshake, handshake, handshakeTimeoutMs } from "./handshake.js";
import type { DoctorOptions } from "./options.js";
import { RootCatalogue } from "./roots.js";
import { judge, keyOf, missingRoot } from "./trust.js";

const dateTimeoutMs = 10_000;
/** The server refuses signatures from the future and from 90 s ago; the agent signs 2 s in the past. */
const fastestS = 2;
const slowestS = 88;

export class Examination {
  readonly #options: DoctorOptions;
  readonly #clock: Clock;
  readonly #print: (line: string) => void;
  /** Findings that want a change. */
  problems = 0;

  constructor(options: DoctorOptions, clock: Clock, print: (line: string) => void) {
    this.#options = options;
    this.#clock = clock;
    // A server's words, headers and certificates stand in these lines.
    this.#print = (line) => print(printable(line));
  }

  async run(): Promise<void> {
    const { link } = this.#options;
    const port = link.port ?? (link.ssl === false ? 80 : 443);
    const settings = this.#settings();
    let reachable = true;
    if (link.ssl !== false) reachable = await this.#tls(link.host, port);
    if (reachable) await this.#time(link.host, port, link.ssl !== false);
    if (settings !== undefined) await this.#login(settings);
  }

  /** What the options and the certificate say before anything is sent; undefined when no login is wanted, or possible. */
  #settings(): Settings | undefined {
    const { auth, ...link } = this.#options.link;
    if (auth === undefined) return undefined;
    try {
      const settings = checkOptions(
        { ...link, auth },
        { device: { identifier: "nerveshub-doctor" }, network: new NodeNetwork() },
      );
      const { credentials } = settings;
      const faults = credentials.type === "certificate" ? credentials.warnings(this.#clock.now()) : [];
      for (const fault of faults) this.#bad("options", fault);
      if (faults.length === 0) this.#good("options", "complete, and what was given belongs together");
      return settings;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#bad("options", error);
      return undefined;
    }
  }

  /** @returns whether somebody answered */
  async #tls(host: string, port: number): Promise<boolean> {
    const offered = await handshake(host, port, asDevice);
    if (!(offered instanceof Error)) {
      this.#good("TLS", `${offered.protocol}, ${offered.cipher}`);
      this.#chain(offered, host);
      return true;
    }
    const other = await handshake(host, port, {});
    const options = { host, port, secure: {}, connectTimeoutMs: handshakeTimeoutMs };
    if (other instanceof Error) {
      this.#bad("TLS", networkFault(other, "tls", options));
      return false;
    }
    this.#problem(
      "TLS",
      `The server speaks ${other.protocol} with ${other.cipher}, and not what a device offers: allow TLS 1.2 with ECDHE on P-256 or P-384 and AES-128-GCM on it. [${networkFault(offered, "tls", options).code}]`,
    );
    this.#chain(other, host);
    return true;
  }

  #chain({ chain }: Handshake, host: string): void {
    for (const [index, der] of chain.entries()) {
      try {
        const certificate = readCertificate(der);
        const { subject, issuer, notAfterMs } = certificate;
        const until = new Date(notAfterMs).toISOString().slice(0, 10);
        const line = `${index + 1}. ${nameForPeople(subject)}, ${keyOf(certificate).text}, until ${until}, issued by ${nameForPeople(issuer)}`;
        this.#print(`       ${line}`);
      } catch (error) {
        this.#print(`       ${index + 1}. cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.#trust(chain, host);
  }

  #trust(chain: readonly Uint8Array[], host: string): void {
    const catalogue = new RootCatalogue();
    const { roots } = this.#options.link;
    const nowMs = this.#clock.now() ?? Date.now();
    const anchors = roots && decodeCertificates("roots", roots).map(readCertificate);
    const verdict = judge(chain, host, nowMs, anchors ?? catalogue.builtIn);
    if (verdict instanceof Fault) {
      this.#bad("trust", verdict);
      const help = verdict.code === "unknown-ca" ? missingRoot(chain, host, nowMs, catalogue) : undefined;
      if (help !== undefined) this.#print(`       The chain leads to ${help}.`);
      return;
    }
    const { root } = verdict;
    const identifier = root?.subjectKeyIdentifier === undefined ? "" : toHex(root.subjectKeyIdentifier);
    const name = root === undefined ? "the server's own certificate" : nameForPeople(root.subject);
    const where = anchors ? "given with --ca" : catalogue.whereabouts(identifier);
    this.#good("trust", `the agent verifies it with root ${name}, key identifier ${identifier || "none"}, ${where}`);
  }

  async #time(host: string, port: number, ssl: boolean): Promise<void> {
    const date = await dateOf(host, port, ssl);
    if (date === undefined) {
      this.#note("clock", "the server's answer has no date to compare with");
      return;
    }
    const differenceS = Math.round(((this.#clock.now() ?? 0) - date) / 1000);
    const direction = differenceS > 0 ? "ahead of" : "behind";
    const text = `this computer is ${Math.abs(differenceS)} s ${direction} the server`;
    if (differenceS > fastestS || differenceS < -slowestS) {
      this.#problem("clock", `${text}: shared secrets are refused; set the clock that is wrong (SNTP).`);
    } else this.#good("clock", differenceS === 0 ? "this computer and the server agree" : text);
  }

  async #login(settings: Settings): Promise<void> {
    const { verbose, join: firmware } = this.#options;
    const print = (line: string): void => {
      if (verbose) this.#print(`       ${line}`);
    };
    const log = new Log(print, new Redactor(settings.secrets), "debug", "agent");
    this.#warn(settings.credentials, firmware);
    const payload = firmware && deviceJoin(firmware, { validated: true, revertDetected: false }, undefined);
    const { login, join } = await attempt(settings, this.#clock, log, payload);
    if (login === "accepted") this.#good("login", "accepted");
    else this.#bad("login", login);
    if (join === "accepted") this.#good("join", "accepted");
    else if (join !== undefined) this.#bad("join", join);
    else if (login === "accepted") this.#note("join", "not tried, since it changes the device's record: see --join");
  }

  /** What the server will not be the same after, before it is done. */
  #warn(credentials: Credentials, firmware: Firmware | undefined): void {
    let text =
      "takes the place of the device's own connection for a moment; a device that the server does not know may be made";
    if (credentials.type === "shared-secret") {
      text = `takes the place of a connection of "${credentials.identifier}" for a moment`;
      if (credentials.key.startsWith("nhp_"))
        text += "; if the server knows no such device, it makes a new one of that name";
    }
    this.#note("login", text);
    if (firmware === undefined) return;
    const { product, version, uuid } = firmware.metadata;
    this.#note(
      "join",
      `CHANGES the device's record: it says that ${product} ${version} (${uuid}) runs and is validated, and ends an update under way; unless the device runs that very image, the server takes it for updated and forgets its failures and its block`,
    );
  }

  #good(what: string, text: string): void {
    this.#print(`ok     ${what}: ${text}`);
  }

  #note(what: string, text: string): void {
    this.#print(`note   ${what}: ${text}`);
  }

  #bad(what: string, { message, code }: Fault): void {
    this.#problem(what, `${message} [${code}]`);
  }

  #problem(what: string, text: string): void {
    this.problems++;
    this.#print(`WRONG  ${what}: ${text}`);
  }
}

/** `Date` of whatever the server answers to a plain request, ms since 1970. */
function dateOf(host: string, port: number, ssl: boolean): Promise<number | undefined> {
  return new Promise((resolve) => {
    const options = { host, port, path: "/status/alive", timeout: dateTimeoutMs };
    // Only a date is read, and only to be shown: the chain was judged before.
    const request = ssl ? secureRequest({ ...options, rejectUnauthorized: false }) : plainRequest(options);
    request.once("response", (response) => {
      response.resume();
      request.destroy();
      const date = Date.parse(response.headers.date ?? "");
      resolve(Number.isNaN(date) ? undefined : date);
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(undefined));
    request.once("close", () => resolve(undefined));
    request.end();
  });
}
