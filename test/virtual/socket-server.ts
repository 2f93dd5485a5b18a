/*
 * A device endpoint whose every answer the test decides, for suites about connections: how the upgrade is answered, which
 * joins and heartbeats, when it closes. By default it does what a healthy hub does. Portable.
 */

import type { Crypto } from "../../modules/platform/crypto.js";
import { toBase64 } from "../../modules/text/base64.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import { concat } from "../modules/platform/scripted-network.js";
import { acceptGuid, frameSize, refusedBy, textFrame, unmask } from "./server-frames.js";
import type { Break, Connection } from "./virtual-network.js";

export type Message = readonly [
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: unknown,
];

/** One connection as the server sees it. */
export class ServerSocket {
  /** Head of the upgrade request. */
  request = "";
  readonly received: Message[] = [];
  /** Bytes from the device and to it, whole frames with their headers, upgrade not counted. */
  bytesIn = 0;
  bytesOut = 0;
  open = false;
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  raw(bytes: Uint8Array): void {
    this.bytesOut += bytes.byteLength;
    this.#connection.send(bytes);
  }

  send(...message: Message): void {
    this.raw(textFrame(message));
  }

  reply([joinRef, ref, topic]: Message, status: string, response: unknown): void {
    this.send(topic === "phoenix" ? null : joinRef, ref, topic, "phx_reply", { status, response });
  }

  /** With a close frame, and the end of the connection after it. */
  close(code: number): void {
    this.raw(new Uint8Array([0x88, 2, code >> 8, code & 255]));
    this.#connection.end();
  }

  cut(how: Break): void {
    this.#connection.end(how);
  }

  /** Messages of `event` on `topic` that came over this connection. */
  count(topic: string, event: string): number {
    return this.received.filter((message) => message[2] === topic && message[3] === event).length;
  }
}

export class SocketServer {
  readonly sockets: ServerSocket[] = [];
  /** Text of an HTTP answer instead of the upgrade, "silence", or undefined to upgrade. */
  answer: (request: string, number: number) => string | undefined = () => undefined;
  /** The `Date` of the answer that takes the upgrade. */
  date: () => string | undefined = () => undefined;
  /** What to do with a message; true when the default shall not deal with it. */
  onMessage: (socket: ServerSocket, message: Message) => boolean = () => false;
  /** Messages that the real server's parser or database would have refused; they end the connection. */
  readonly refused: string[] = [];
  readonly #crypto: Crypto;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** The newest one. */
  get socket(): ServerSocket {
    return this.sockets[this.sockets.length - 1];
  }

  accept(connection: Connection): void {
    const socket = new ServerSocket(connection);
    this.sockets.push(socket);
    let buffer: Uint8Array = new Uint8Array(0);
    connection.onEnd = () => {
      socket.open = false;
    };
    connection.onData = (bytes) => {
      buffer = concat(buffer, bytes);
      if (socket.request === "") {
        const text = decodeUtf8(buffer);
        if (!text.endsWith("\r\n\r\n")) return;
        socket.request = text;
        buffer = new Uint8Array(0);
        this.#upgrade(socket, connection);
        return;
      }
      socket.bytesIn += bytes.byteLength;
      for (let size = frameSize(buffer); size > 0 && size <= buffer.byteLength; size = frameSize(buffer)) {
        const frame = buffer.slice(0, size);
        buffer = buffer.slice(size);
        this.#frame(socket, frame);
      }
    };
  }

  #upgrade(socket: ServerSocket, connection: Connection): void {
    const answer = this.answer(socket.request, this.sockets.length);
    if (answer === "silence") return;
    if (answer !== undefined) {
      connection.send(encodeUtf8(answer));
      connection.end();
      return;
    }
    const key = /sec-websocket-key: *(\S+)/i.exec(socket.request)?.[1] ?? "";
    const digest = this.#crypto.digest("sha1");
    digest.update(encodeUtf8(key + acceptGuid));
    const accept = toBase64(digest.finish());
    const date = this.date();
    const dated = date === undefined ? "" : `date: ${date}\r\n`;
    const head = `HTTP/1.1 101 Switching Protocols\r\n${dated}upgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`;
    socket.open = true;
    connection.send(encodeUtf8(head));
  }

  #frame(socket: ServerSocket, frame: Uint8Array): void {
    const opcode = frame[0] & 15;
    if (opcode === 8) {
      socket.close(1000);
      return;
    }
    if (opcode !== 1) return;
    const text = decodeUtf8(unmask(frame));
    if (refusedBy(text) !== undefined) {
      this.refused.push(text);
      socket.cut("reset");
      return;
    }
    const message = JSON.parse(text) as Message;
    socket.received.push(message);
    if (this.onMessage(socket, message)) return;
    const [, , topic, event] = message;
    if (event === "phx_join") socket.reply(message, "ok", topic === "extensions" ? [] : {});
    else if (topic === "phoenix") socket.reply(message, "ok", {});
  }
}

/** An HTTP answer without a body. */
export function httpAnswer(status: number, ...headers: string[]): string {
  return `HTTP/1.1 ${status} Said\r\n${headers.map((line) => `${line}\r\n`).join("")}content-length: 0\r\n\r\n`;
}
