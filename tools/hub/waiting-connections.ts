/*
 * Connections whose first request is not there yet. Whoever opens many and sends nothing, or half a head, pushes out those
 * of its own kind that wait longest, and nobody who speaks.
 */

import type { Socket } from "node:net";
import { maxWaitingConnections } from "./limits.js";

export class WaitingConnections {
  /** By the peer, since a TLS socket is another object than the one below it; in the order of their coming. */
  readonly #waiting = new Map<string, Socket>();

  opened(socket: Socket): void {
    const peer = peerOf(socket);
    this.#waiting.set(peer, socket);
    socket.once("close", () => {
      if (this.#waiting.get(peer) === socket) this.#waiting.delete(peer);
    });
    if (this.#waiting.size <= maxWaitingConnections) return;
    const [[oldest, out]] = this.#waiting;
    this.#waiting.delete(oldest);
    out.destroy();
  }

  /** A whole request came on it. */
  done(socket: Socket): void {
    this.#waiting.delete(peerOf(socket));
  }

  get size(): number {
    return this.#waiting.size;
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
