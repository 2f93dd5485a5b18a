/*
 * What an idle device costs, in KiB a day, by heartbeat interval: every byte of WebSocket frames both ways between the
 * whole agent and a server that answers, counted over 24 hours of virtual time, after the join has settled. At IP level
 * the cost of each frame is added: a TLS 1.2 AES-GCM record (29 bytes) and IPv4 and TCP headers (40), and one bare
 * acknowledgement an exchange (40); no Wi-Fi framing, no retransmission.
 *
 * Reference: the same figures computed for the official clients' heartbeat of 37 bytes, answered by 64, at 30 s.
 */

import { LinkScene } from "../test/support/link-scene.js";

const dayMs = 86_400_000;
const perFrame = 29 + 40;
const perExchange = 40;
/** Official clients, 30 s: 2,880 exchanges. */
const referenceKib = Object.freeze({ frames: 307, ip: 807 });

function emit(name: string, value: number, reference: number): void {
  const round = (figure: number): number => Number(figure.toPrecision(4));
  const ratio = round(value / reference);
  console.log(JSON.stringify({ name, value: round(value), unit: "KiB/day", reference, ratio }));
}

for (const seconds of [30, 60, 120]) {
  const scene = new LinkScene({ heartbeat: { intervalMs: seconds * 1000 }, logLevel: "error" }).advance(600_000);
  const { socket } = scene.server;
  const [bytes, beats] = [socket.bytesIn + socket.bytesOut, socket.received.length];
  scene.advance(dayMs);
  const exchanges = socket.received.length - beats;
  const frames = socket.bytesIn + socket.bytesOut - bytes;
  const ip = frames + exchanges * (2 * perFrame + perExchange);
  if (scene.server.sockets.length !== 1) throw new Error("the connection did not last the day");
  emit(`idle, WebSocket bytes, heartbeat ${seconds} s`, frames / 1024, referenceKib.frames);
  emit(`idle, at IP level over TLS, heartbeat ${seconds} s`, ip / 1024, referenceKib.ip);
}
