/*
 * Mangler: an attacker in between. It is a TCP proxy that takes the server's unencrypted handshake messages apart, lets a case
 * change them, and puts them into records again.
 *
 * It knows the server's key, so that it can also sign messages that a server never would.
 */

import { connect, type Socket } from "node:net";
import { tcpServer } from "./servers.js";

export interface Message {
  /** HandshakeType, RFC 5246 §7.4 */
  type: number;
  body: Buffer;
}

/** The random numbers of both hellos, as far as they have passed. */
export interface Randoms {
  client: Buffer;
  server: Buffer;
}

export interface Mangling {
  /** Whether the record of the ClientHello may pass. Otherwise the connection is cut. */
  hello?(record: Buffer): boolean;
  /** Returns what the client gets in place of `message`: messages, or bytes as they are. */
  message?(message: Message, randoms: Randoms): (Message | Buffer)[];
  /** Returns what replaces a record after the handshake's plain part; undefined cuts the connection. */
  record?(record: Buffer, index: number): Buffer | undefined;
  /** Puts messages into records; default: one each. */
  pack?(messages: Message[]): Buffer[];
}

export function record(type: number, fragment: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 3, 3, fragment.length >> 8, fragment.length & 255]), fragment]);
}

export function encode({ type, body }: Message): Buffer {
  return Buffer.concat([Buffer.from([type, body.length >> 16, (body.length >> 8) & 255, body.length & 255]), body]);
}

/** Complete records at the start of `bytes`. */
function splitRecords(bytes: Buffer): { records: Buffer[]; rest: Buffer } {
  const records: Buffer[] = [];
  while (bytes.length >= 5) {
    const length = 5 + bytes.readUInt16BE(3);
    if (bytes.length < length) break;
    records.push(bytes.subarray(0, length));
    bytes = bytes.subarray(length);
  }
  return { records, rest: bytes };
}

function proxy(client: Socket, port: number, mangling: Mangling): void {
  const server = connect(port, "127.0.0.1");
  const randoms: Randoms = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
  let fromServer: Buffer = Buffer.alloc(0);
  let handshake: Buffer = Buffer.alloc(0);
  let encrypted = false;
  let index = 0;
  const end = (): void => {
    client.end();
    server.destroy();
  };
  client.on("data", (bytes) => {
    if (randoms.client.length === 0) {
      if (mangling.hello && !mangling.hello(bytes)) return end();
      randoms.client = Buffer.from(bytes.subarray(11, 43));
    }
    server.write(bytes);
  });
  client.on("close", () => server.destroy());
  server.on("error", end);
  server.on("close", end);
  server.on("data", (bytes) => {
    const { records, rest } = splitRecords(Buffer.concat([fromServer, bytes]));
    fromServer = rest;
    const plain: Message[] = [];
    for (const one of records) {
      if (encrypted || one[0] !== 22) {
        if (one[0] === 20) encrypted = true;
        const changed = mangling.record ? mangling.record(one, index++) : one;
        if (!changed) return end();
        client.write(changed);
        continue;
      }
      handshake = Buffer.concat([handshake, one.subarray(5)]);
      while (handshake.length >= 4 && handshake.length >= 4 + handshake.readUIntBE(1, 3)) {
        const length = 4 + handshake.readUIntBE(1, 3);
        const message = { type: handshake[0], body: Buffer.from(handshake.subarray(4, length)) };
        handshake = handshake.subarray(length);
        if (message.type === 2) randoms.server = message.body.subarray(2, 34);
        for (const out of mangling.message ? mangling.message(message, randoms) : [message]) {
          if (Buffer.isBuffer(out)) client.write(out);
          else if (mangling.pack) plain.push(out);
          else client.write(record(22, encode(out)));
        }
      }
    }
    if (mangling.pack && plain.length > 0) for (const packed of mangling.pack(plain)) client.write(packed);
  });
}

/** A proxy in front of the server at `port`. @returns its own port */
export function mangle(port: number, mangling: Mangling): Promise<number> {
  return tcpServer((client) => proxy(client, port, mangling));
}
