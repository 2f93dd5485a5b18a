/*
 * A WebSocketClient on the Node host, with what it told and ways to wait for it. Needs Node.
 */

import { nodeCrypto, nodeRandom } from "../../hosts/node/crypto.js";
import { NodeNetwork } from "../../hosts/node/network.js";
import { NodeTimers } from "../../hosts/node/timers.js";
import {
  type Closed,
  type UpgradeRefusal,
  WebSocketClient,
  type WebSocketListener,
  type WebSocketOptions,
} from "../../modules/websocket/websocket.js";
import { assert } from "./harness.js";

export class NodeClient {
  readonly client: WebSocketClient;
  readonly texts: string[] = [];
  readonly binaries: Uint8Array[] = [];
  opened = false;
  refusal: UpgradeRefusal | undefined;
  closed: Closed | undefined;
  #waiting: (() => void)[] = [];

  constructor(port: number, options: Partial<WebSocketOptions> = {}, heard: Partial<WebSocketListener> = {}) {
    const happened = (body: () => void): void => {
      body();
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    const usual = {
      network: new NodeNetwork(),
      timers: new NodeTimers((line) => assert.fail(line)),
      random: nodeRandom,
      crypto: nodeCrypto,
      host: "127.0.0.1",
      port,
      path: "/device-socket/websocket?vsn=2.0.0",
      headers: [],
      connectTimeoutMs: 5000,
      upgradeTimeoutMs: 5000,
      closeTimeoutMs: 5000,
    };
    const listener: WebSocketListener = {
      opened: () => happened(() => (this.opened = true)),
      text: (text) => happened(() => this.texts.push(text)),
      binary: (bytes) => happened(() => this.binaries.push(bytes.slice())),
      refused: (refusal) => happened(() => (this.refusal = refusal)),
      closed: (closed) => happened(() => (this.closed = closed)),
    };
    this.client = new WebSocketClient({ ...usual, ...options }, { ...listener, ...heard });
  }

  /** Waits until `condition` holds; it is looked at whenever something was told. */
  async until(condition: () => boolean): Promise<this> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this;
  }

  /** Waits for the final callback, and returns it in short: "1000", "1006 connection-lost", "refused 401". */
  async end(): Promise<string> {
    await this.until(() => this.refusal !== undefined || this.closed !== undefined);
    if (this.refusal) return `refused ${this.refusal.status}`;
    const { code, fault } = this.closed!;
    return fault ? `${code} ${fault.code}` : String(code);
  }
}
