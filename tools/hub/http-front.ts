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
import {
  headTimeoutMs,
  lateCheckIntervalMs,
  maxConnections,
  maxLoginsAtOnce,
  requestTimeoutMs,
  silenceTimeoutMs,
} from "./limits.js";
import type { Settings } from "./options.js";
import { requestUrl } from "./request-url.js";
import { WaitingConnections } from "./waiting-connections.js";

/** Largest message the real server takes, bytes. */
const maxMessage = 8_000_000;
/** How long a stopping hub waits for devices to answer its close, ms. */
const goodbyeMs = 500;

/** Node's own bounds on time; on size it has 16 KB for a head, the real server 10,000 bytes for a header. */
const patience = {
  headersTimeout: headTimeoutMs,
  requestTimeout: requestTimeoutMs,
  connectionsCheckingInterval: lateCheckIntervalMs,
};

export interface FrontHandlers {
  /** Decides about a request to a socket path. */
  admit(request: IncomingMessage): Promise<Admitted | Refused>;
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
  readonly #waiting = new WaitingConnections();
  /** Logins that are being looked at. */
  #logins = 0;
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
    this.#server.maxConnections = maxConnections;
    this.#server.timeout = silenceTimeoutMs;
    this.#server.on("connection", (socket) => this.#waiting.opened(socket));
    this.#server.on("upgrade", (request, socket, head) => {
      this.#upgrade(request, socket, head).catch((error: unknown) => {
        this.#handlers.refused(request, defect(error));
        socket.destroy();
      });
    });
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
    const onRequest = (request: IncomingMessage, response: ServerResponse) => {
      this.#waiting.done(request.socket);
      this.#request(request, response).catch((error: unknown) => {
        this.#handlers.refused(request, defect(error));
        response.destroy();
      });
    };
    const { tls } = this.#settings;
    if (tls === undefined) return createServer(patience, onRequest);
    const { key, cert, clientCa } = tls;
    const asks = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
    const options = { ...patience, handshakeTimeout: headTimeoutMs, key, cert, ALPNProtocols: ["http/1.1"], ...asks };
    const server = createSecureServer(options, onRequest);
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

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader("date", this.#date());
    if (this.#handlers.plain(request, response)) return;
    const answer = answerElsewhere(requestUrl(request).pathname) ?? (await this.#notAnUpgrade(request));
    const { status, headers, body = "" } = answer;
    response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers }).end(body);
  }

  async #notAnUpgrade(request: IncomingMessage): Promise<Refused> {
    const decided = await this.#decide(request);
    const missing = "'connection' header must contain 'upgrade', got []";
    const refused = "status" in decided ? decided : { status: 400, why: missing, body: missing };
    this.#handlers.refused(request, refused);
    return refused;
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.#waiting.done(request.socket);
    socket.on("error", () => socket.destroy());
    const decided = answerElsewhere(requestUrl(request).pathname) ?? (await this.#decide(request));
    if ("status" in decided) {
      this.#handlers.refused(request, decided);
      this.#refuse(socket, decided);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#handlers.opened(opened, request, decided));
  }

  async #decide(request: IncomingMessage): Promise<Admitted | Refused> {
    if (this.#logins >= maxLoginsAtOnce) return { status: 503, why: `${this.#logins} logins are being looked at` };
    this.#logins++;
    try {
      return await this.#handlers.admit(request);
    } finally {
      this.#logins--;
    }
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
    // The server's side ends whole: a stranger who keeps the other half open would keep the connection.
    socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  }

  #date(): string {
    return new Date(this.#settings.clock.now()).toUTCString();
  }
}

/** Nothing that a stranger sends ends the hub, not even by a mistake of the hub's own. */
function defect(error: unknown): Refused {
  return { status: 500, why: `the hub has a defect: ${error instanceof Error ? error.stack : String(error)}` };
}
