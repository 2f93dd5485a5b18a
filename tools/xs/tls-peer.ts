/*
 * The peer of suites on XS that need a TLS connection: a server on loopback that sends everything back.
 */

import { createServer, type Server } from "node:tls";
import { selfSigned } from "./self-signed.js";

/** @returns its port, and its certificate as the hexadecimal of DER; its name is "localhost" */
export async function startTlsPeer(): Promise<{ port: number; certificate: string; server: Server }> {
  const { cert, key, der } = await selfSigned();
  const server = createServer({ key, cert }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({ port, certificate: Buffer.from(der).toString("hex"), server });
    });
  });
}
