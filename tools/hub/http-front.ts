/*
 * The hub's one listener: device sockets, downloads, the JSON endpoint, and the redirect for everything else.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import { type Admitted, answerElsewhere, type Refused } from "./admission.js";
import { HubWebSocket } from "./hub-web-socket.js";
import type { Settings } from "./options.js";
import { requestUrl } from "./request-url.js";

/** Largest message the real server takes, bytes. */
const maxMessage = 8_000_000;
/** How long a stopping hub waits for devices to answer its close, ms. */
const goodbyeMs = 500;

export interface FrontHandlers {
  /** Decides about a request to a socket path. */
  admit(request: IncomingMessage): Admitted | Refused;
  refused(request: IncomingMessage, refused: Refused): void;
  opened(socket: HubWebSocket, request: IncomingMessage, admitted: Admitted): void;
  /** Plain requests; false when it is none of theirs. */
  plain(request: IncomingMessage, response: ServerResponse): boolean;
  /** A client certificate that TLS could not verify. */
  badCertificate(why: string): void;
}

export class HttpFront {
  readonly #settings: Settings;
  readonly #handlers: FrontHandlers;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maxMessage,
    WebSocket: HubWebSocket,
    handleProtocols: () => false,
  });

  constructor(settings: Settings, handlers: FrontHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
    this.#server = this.#make();
    this.#server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#sockets.on("headers", (headers) => headers.push(`date: ${this.#date()}`));
  }

  /** @returns the port */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#settings.port, this.#settings.listen, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Says goodbye with 1012 to every device, waits for their answers for a moment, and closes the listener. */
  async close(): Promise<void> {
    const open = [...this.#sockets.clients] as HubWebSocket[];
    const gone = open.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const socket of open) socket.end(1012);
    const patience = setTimeout(() => open.map((socket) => socket.terminate()), goodbyeMs);
    await Promise.all(gone);
    clearTimeout(patience);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #make(): Server {
    const onRequest = (request: IncomingMessage, response: ServerResponse) => this.#request(request, response);
    const { tls } = this.#settings;
    if (tls === undefined) return createServer(onRequest);
    const { key, cert, clientCa } = tls;
    const asks = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
    const server = createSecureServer({ key, cert, ALPNProtocols: ["http/1.1"], ...asks }, onRequest);
    server.on("secureConnection", (socket) => this.#verify(socket));
    return server;
  }

  /** A certificate is optional, a bad one is not: Node would take it, so it is thrown out here. */
  #verify(socket: TLSSocket): void {
    const given = Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
    if (!given || socket.authorized) return;
    this.#handlers.badCertificate(String(socket.authorizationError));
    socket.destroy();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    response.setHeader("date", this.#date());
    if (this.#handlers.plain(request, response)) return;
    const answer = answerElsewhere(requestUrl(request).pathname) ?? this.#notAnUpgrade(request);
    const body = answer.body ?? "";
    response.writeHead(answer.status, { "content-length": Buffer.byteLength(body), ...answer.headers }).end(body);
  }

  #notAnUpgrade(request: IncomingMessage): Refused {
    const decided = this.#handlers.admit(request);
    const missing = "'connection' header must contain 'upgrade', got []";
    const refused = "status" in decided ? decided : { status: 400, why: missing, body: missing };
    this.#handlers.refused(request, refused);
    return refused;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const decided = answerElsewhere(requestUrl(request).pathname) ?? this.#handlers.admit(request);
    if ("status" in decided) {
      this.#handlers.refused(request, decided);
      this.#refuse(socket, decided);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#handlers.opened(opened, request, decided));
  }

  #refuse(socket: Duplex, { status, headers, body = "" }: Refused): void {
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `date: ${this.#date()}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "cache-control: max-age=0, private, must-revalidate",
      "connection: close",
      ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
  }

  #date(): string {
    return new Date(this.#settings.clock.now()).toUTCString();
  }
}
