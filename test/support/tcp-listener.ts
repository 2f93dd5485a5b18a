/*
 * Servers on a free loopback port that a suite can start and be sure to get rid of. Needs Node.
 */

import type { AddressInfo, Server, Socket } from "node:net";

/** Starts `server` and returns its port. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Remembers the sockets of a server, so that they can be cut with it. */
export class Listener {
  readonly sockets = new Set<Socket>();
  readonly #server: Server;
  port = 0;

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  async start(): Promise<this> {
    this.port = await listen(this.#server);
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
