/*
 * Opening: the opening handshake of one connection, from the request to the server's verdict (RFC 6455 §4.1). Fed with
 * bytes; timers and the stream are the client's.
 *
 * There are three verdicts: accepted, refused (any complete answer but 101), and a Fault (no answer in HTTP, or a 101
 * that is none).
 */

import { Fault } from "../fault/fault.js";
import type { Crypto } from "../host/crypto.js";
import type { Random } from "../host/random.js";
import { HeadReader } from "../http/head.js";
import { publicText, type Url } from "../http/url.js";
import { maxInterimResponses } from "../limits/limits.js";
import { encodeUtf8 } from "../text/utf8.js";
import { acceptFor, upgradeFault, upgradeKey, upgradeRequest } from "./handshake.js";
import { type Refusal, RefusalReader } from "./refusal.js";

export class Opening {
  /** The request, to be sent once. */
  readonly request: Uint8Array;
  #crypto: Crypto;
  #peer: string;
  #key: string;
  #head: HeadReader;
  #interim = 0;
  #refusal: RefusalReader | undefined;
  #accepted: Map<string, string> | undefined;

  /** `headers` are the caller's own. Throws Fault when one cannot be sent. */
  constructor(url: Url, headers: [name: string, value: string][], random: Random, crypto: Crypto) {
    this.#crypto = crypto;
    this.#peer = publicText(url);
    this.#key = upgradeKey(random);
    this.request = encodeUtf8(upgradeRequest(url, this.#key, headers));
    this.#head = new HeadReader("upgrade", this.#peer);
  }

  /** The answer's headers, once the server has accepted. */
  get accepted(): Map<string, string> | undefined {
    return this.#accepted;
  }

  /** The refusal as far as it was read; `refused` tells when that is all that will be kept of it. */
  get refusal(): Refusal | undefined {
    return this.#refusal?.refusal;
  }

  get refused(): boolean {
    return this.#refusal?.done === true;
  }

  /**
   * Takes bytes from `bytes[from..to)` until there is a verdict.
   * @returns the position of the first byte that belongs to the WebSocket, or `to`
   * @throws Fault of stage "upgrade"
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    while (from < to && !this.#accepted) {
      if (this.#refusal) {
        this.#refusal.push(bytes, from, to);
        return to;
      }
      from = this.#head.push(bytes, from, to);
      if (this.#head.head) this.#answered();
    }
    return from;
  }

  #answered(): void {
    const head = this.#head.head!;
    if (head.status === 101) {
      const fault = upgradeFault(head, acceptFor(this.#key, this.#crypto), this.#peer);
      if (fault) throw fault;
      this.#accepted = head.headers;
    } else if (head.status < 200) {
      if (++this.#interim > maxInterimResponses) {
        throw new Fault(
          "upgrade",
          "interim-limit",
          `${this.#peer} sent interim responses only; check the server and what lies between.`,
        );
      }
      this.#head = new HeadReader("upgrade", this.#peer);
    } else {
      this.#refusal = new RefusalReader(head, this.#peer);
    }
  }
}
