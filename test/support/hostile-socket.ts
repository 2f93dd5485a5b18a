/*
 * What hostile servers on real sockets share: the right answer to an upgrade, as text that a suite may spoil, and writing
 * without end. By hand, since most of what they send no WebSocket library would. Needs Node.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";

/** More than any client may take, in bytes: of one that takes it all, the suite waits for the fault in vain. */
const endlessBytes = 100_000_000;

/** Calls `serve` with the right answer when an upgrade has come. */
export function answerUpgrade(socket: Socket, serve: (socket: Socket, answer: string) => void): void {
  socket.once("data", (request) => {
    const key = /sec-websocket-key: (.*)\r\n/.exec(request.toString("latin1"))?.[1];
    const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
    serve(
      socket,
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
  });
}

/** Writes `piece` until the client is gone. */
export async function endlessly(socket: Socket, piece: string | Buffer): Promise<void> {
  const bytes = Buffer.from(piece);
  for (let count = 0; !socket.destroyed && count < endlessBytes; count += bytes.byteLength) {
    if (!socket.write(bytes)) await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => undefined);
  }
}
