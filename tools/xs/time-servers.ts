/*
 * The peers of the SNTP suites: a time server on loopback for each way to answer, good and hostile. Servers that tell the
 * time say that it is 2040-06-01T12:00:00Z; those that lie tell a time in 2041.
 */

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { ntpAnswer } from "../../test/support/ntp-answer.js";

const toldMs = Date.UTC(2040, 5, 1, 12);
const falseMs = Date.UTC(2041, 5, 1);

/** Answers a request; `send` sends from the server's own port, `elsewhere` from another one. */
type Manner = (
  request: Uint8Array,
  send: (answer: Uint8Array) => void,
  elsewhere: (answer: Uint8Array) => void,
) => void;

const truth = (request: Uint8Array): Uint8Array => ntpAnswer(request, { sentMs: toldMs });

/** In the order of the ports. */
const manners: Readonly<Record<string, Manner>> = {
  good: (request, send) => send(truth(request)),
  forged: (request, send, elsewhere) => {
    elsewhere(ntpAnswer(request, { sentMs: falseMs }));
    send(ntpAnswer(request, { sentMs: falseMs, origin: new Uint8Array(8) }));
    send(new Uint8Array(47));
    send(truth(request));
  },
  zero: (request, send) => send(ntpAnswer(request, { sentMs: undefined, referenceMs: undefined, receivedMs: toldMs })),
  unsynchronized: (request, send) => send(ntpAnswer(request, { sentMs: falseMs, leap: 3 })),
  denies: (request, send) => send(ntpAnswer(request, { sentMs: falseMs, stratum: 0, referenceId: "DENY" })),
  flood: (request, send) => {
    for (let i = 0; i < 50; i++) send(ntpAnswer(request, { sentMs: falseMs, origin: new Uint8Array(8) }));
  },
};

function bound(): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(socket)));
}

async function serve(manner: Manner, other: Socket): Promise<Socket> {
  const socket = await bound();
  socket.on("message", (request: Uint8Array, { port, address }: RemoteInfo) => {
    manner(
      request,
      (answer) => socket.send(answer, port, address),
      (answer) => other.send(answer, port, address),
    );
  });
  return socket;
}

/** @returns their ports, in the order of `manners` */
export async function startTimeServers(): Promise<{ ports: number[]; close(): void }> {
  const other = await bound();
  const sockets = await Promise.all(Object.values(manners).map((manner) => serve(manner, other)));
  return {
    ports: sockets.map((socket) => socket.address().port),
    close: () => {
      for (const socket of [other, ...sockets]) socket.close();
    },
  };
}
