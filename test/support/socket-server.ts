/*
 * A device endpoint whose every answer the test decides, for suites about connections: how the upgrade is answered, which
 * joins and heartbeats, when it closes. By default it does what a healthy hub does. Portable.
 */

import type { Crypto } from "../../modules/platform/crypto.js";
import { refusedBy, ServerEnd, type ServerOfEnd, switchingProtocols } from "./server-end.js";
import type { Break, Connection } from "./virtual-network.js";

export type Message = readonly [
  joinRef: string | null,
  ref: string | null,
  topic: string,
  event: string,
  payload: unknown,
];

/** One connection as the server sees it. */
export class ServerSocket implements ServerOfEnd {
  /** Head of the upgrade request. */
  request = "";
  readonly received: Message[] = [];
  /** Bytes to the device, whole frames with their headers, upgrade not counted. */
  bytesOut = 0;
  open = false;
  readonly #connection: Connection;
  readonly #server: SocketServer;
  readonly #end: ServerEnd;

  constructor(connection: Connection, crypto: Crypto, server: SocketServer) {
    this.#connection = connection;
    this.#server = server;
    this.#end = new ServerEnd(connection, crypto, this);
    connection.onEnd = () => {
      this.open = false;
    };
  }

  /** Bytes from the device, like those to it. */
  get bytesIn(): number {
    return this.#end.bytesIn;
  }

  raw(bytes: Uint8Array): void {
    this.bytesOut += this.#end.raw(bytes);
  }

  send(...message: Message): void {
    this.bytesOut += this.#end.send(message);
  }

  reply([joinRef, ref, topic]: Message, status: string, response: unknown): void {
    this.send(topic === "phoenix" ? null : joinRef, ref, topic, "phx_reply", { status, response });
  }

  /** With a close frame, and the end of the connection after it. */
  close(code: number, reason?: string): void {
    this.bytesOut += this.#end.close(code, reason);
  }

  cut(how: Break): void {
    this.#connection.end(how);
  }

  /** Messages of `event` on `topic` that came over this connection. */
  count(topic: string, event: string): number {
    return this.received.filter((message) => message[2] === topic && message[3] === event).length;
  }

  answer(request: string, accept: string): string | undefined {
    this.request = request;
    const answer = this.#server.answer(request, this.#server.sockets.length);
    if (answer !== undefined) return answer === "silence" ? undefined : answer;
    this.open = true;
    const date = this.#server.date();
    return switchingProtocols(accept, ...(date === undefined ? [] : [`date: ${date}`]));
  }

  text(text: string): void {
    if (refusedBy(text) !== undefined) {
      this.#server.refused.push(text);
      this.cut("reset");
      return;
    }
    const message = JSON.parse(text) as Message;
    this.received.push(message);
    if (this.#server.onMessage(this, message)) return;
    const [, , topic, event] = message;
    if (event === "phx_join") this.reply(message, "ok", topic === "extensions" ? [] : {});
    else if (topic === "phoenix") this.reply(message, "ok", {});
  }

  closed(): void {
    this.close(1000);
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
    this.sockets.push(new ServerSocket(connection, this.#crypto, this));
  }
}

/** An HTTP answer without a body. */
export function httpAnswer(status: number, ...headers: string[]): string {
  return `HTTP/1.1 ${status} Said\r\n${headers.map((line) => `${line}\r\n`).join("")}content-length: 0\r\n\r\n`;
}
