/*
 * Opening: the opening handshake of one connection, from the request to the server's verdict (RFC 6455 §4.1). It takes
 * bytes; WebSocketClient has the stream and the timers.
 *
 * There are three verdicts: accepted, refused (any complete response but 101), and a Fault (a response that is not HTTP,
 * or a 101 that does not agree to a WebSocket).
 */

import { Fault } from "../fault/fault.js";
import { HeadReader, maxInterimResponses } from "../http/head.js";
import { publicText, type Url } from "../http/url.js";
import type { Crypto } from "../platform/crypto.js";
import type { Random } from "../platform/random.js";
import { encodeUtf8 } from "../text/utf8.js";
import { acceptFor, upgradeFault, upgradeKey, upgradeRequest } from "./handshake.js";
import { RefusalReader, type UpgradeRefusal } from "./refusal.js";

export class Opening {
  /** The request, to be sent once. */
  readonly request: Uint8Array;
  private _crypto: Crypto;
  private _peer: string;
  private _key: string;
  private _head: HeadReader;
  private _interim = 0;
  private _refusal: RefusalReader | undefined;
  private _accepted: Map<string, string> | undefined;

  /** @param headers the caller's own headers @throws Fault of stage "options": "bad-request-header" when one cannot be sent */
  constructor(url: Url, headers: [name: string, value: string][], random: Random, crypto: Crypto) {
    this._crypto = crypto;
    this._peer = publicText(url);
    this._key = upgradeKey(random);
    this.request = encodeUtf8(upgradeRequest(url, this._key, headers));
    this._head = new HeadReader("upgrade", this._peer);
  }

  /** The headers of the response, once the server has accepted. */
  get accepted(): ReadonlyMap<string, string> | undefined {
    return this._accepted;
  }

  /** The refusal as far as it was read; complete when `refused` is true. */
  get refusal(): UpgradeRefusal | undefined {
    return this._refusal?.refusal;
  }

  get refused(): boolean {
    return this._refusal?.done === true;
  }

  /**
   * Takes bytes from `bytes[from..to)` until there is a verdict.
   * @returns the position of the first byte that belongs to the WebSocket, or `to`
   * @throws Fault of stage "upgrade"
   */
  push(bytes: Uint8Array, from: number, to: number): number {
    while (from < to && !this._accepted) {
      if (this._refusal) {
        this._refusal.push(bytes, from, to);
        return to;
      }
      from = this._head.push(bytes, from, to);
      if (this._head.head) this._answered();
    }
    return from;
  }

  private _answered(): void {
    const head = this._head.head!;
    if (head.status === 101) {
      const fault = upgradeFault(head, acceptFor(this._key, this._crypto), this._peer);
      if (fault) throw fault;
      this._accepted = head.headers;
    } else if (head.status < 200) {
      if (++this._interim > maxInterimResponses) {
        throw new Fault(
          "upgrade",
          "interim-limit",
          `${this._peer} sent interim responses only; check the server and what lies between.`,
        );
      }
      this._head = new HeadReader("upgrade", this._peer);
    } else {
      this._refusal = new RefusalReader(head, this._peer);
    }
  }
}
