/*
 * The peer of the socket suites on XS: a server on loopback that behaves as the first byte of a connection says.
 *
 *   e  sends everything back     s  sends 1,000,000 bytes, each its position modulo 251, and ends
 *   r  resets the connection     i  reads nothing for a second, then as e
 */

import { createServer, type Server, type Socket } from "node:net";

const sentBytes = 1_000_000;

function serve(socket: Socket): void {
  socket.on("error", () => {});
  socket.once("data", (first) => {
    const command = String.fromCharCode(first[0]);
    const rest = first.subarray(1);
    if (command === "r") socket.resetAndDestroy();
    else if (command === "s") socket.end(Uint8Array.from({ length: sentBytes }, (_, i) => i % 251));
    else if (command === "e" || command === "i") {
      socket.pause();
      socket.write(rest);
      setTimeout(() => socket.pipe(socket), command === "i" ? 1000 : 0);
    }
  });
}

/** Listens on 127.0.0.1 only, so that on a machine with IPv6 connecting to "localhost" first fails at ::1. */
export function startPeer(): Promise<{ port: number; server: Server }> {
  const server = createServer(serve);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ port: typeof address === "object" && address ? address.port : 0, server });
    });
  });
}
