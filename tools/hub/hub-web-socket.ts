/*
 * ws's socket with the close codes of the real server: a close by the device is answered with 1000 whatever code it
 * sent, and what the hub closes itself carries the hub's code.
 */

import { WebSocket } from "ws";

/** Codes with which ws itself ends a connection that broke the protocol. */
const violations = new Set([1002, 1007, 1009]);

export class HubWebSocket extends WebSocket {
  #own = false;

  /** Closes from the hub's side. */
  end(code: number): void {
    this.#own = true;
    this.close(code);
  }

  /** Called by ws too: with the device's code when it closes, with 1002, 1007 or 1009 when it broke the protocol. */
  override close(code?: number, data?: string | Buffer): void {
    super.close(this.#own || (code !== undefined && violations.has(code)) ? code : 1000, data);
  }
}
