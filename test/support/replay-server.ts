/*
 * A server that says what a real NervesHub said in a recorded exchange (test/fixtures/transcripts), connection by
 * connection, frame by frame, at the recorded times. The device is ours, so refs are put in place of the recorded ones,
 * and replies to joins wait for our joins. Portable.
 */

import type { Crypto } from "../../modules/platform/crypto.js";
import type { Timers } from "../../modules/platform/timers.js";
import { decodeUtf8 } from "../../modules/text/utf8.js";
import { closeFrame, ServerEnd, type ServerOfEnd } from "./server-end.js";
import type { Connection } from "./virtual-network.js";

interface Line {
  t: number;
  kind: string;
  conn?: string;
  head?: string[];
  body?: string;
  op?: string;
  data?: string;
  code?: number;
  by?: string;
}

/** One recorded connection: the answer to its upgrade, and what followed. */
interface Recorded {
  atMs: number;
  head: string[];
  body: string;
  lines: Line[];
}

type Message = [string | null, string | null, string, string, { status?: string }];

/** How long a reply to a join waits for our join before it is taken for one that we do not make. */
const joinWaitMs = 10000;

export function recordedConnections(transcript: Uint8Array): Recorded[] {
  const connections: Recorded[] = [];
  const open = new Map<string, Recorded>();
  for (const text of decodeUtf8(transcript).split("\n")) {
    if (text === "") continue;
    const line = JSON.parse(text) as Line;
    const name = line.conn ?? "";
    if (line.kind === "http.response") {
      const recorded = { atMs: line.t, head: line.head ?? [], body: line.body ?? "", lines: [] };
      connections.push(recorded);
      open.set(name, recorded);
    } else if (["send", "recv", "socket.end", "socket.close"].includes(line.kind)) open.get(name)?.lines.push(line);
  }
  return connections;
}

export class ReplayServer {
  /** What our device sent, over all connections, heartbeats left out. */
  readonly received: Message[] = [];
  /** Request heads of our upgrades. */
  readonly requests: string[] = [];
  /** Recorded connections that have been played. */
  played = 0;
  readonly #crypto: Crypto;
  readonly #timers: Timers;
  readonly #connections: Recorded[];

  constructor(crypto: Crypto, timers: Timers, connections: Recorded[]) {
    this.#crypto = crypto;
    this.#timers = timers;
    this.#connections = connections;
  }

  accept(connection: Connection): void {
    const recorded = this.#connections[this.played];
    if (recorded === undefined) {
      connection.end("reset");
      return;
    }
    this.played++;
    new Player(connection, recorded, this.#crypto, this.#timers, this);
  }
}

class Player implements ServerOfEnd {
  readonly #connection: Connection;
  readonly #end: ServerEnd;
  readonly #recorded: Recorded;
  readonly #timers: Timers;
  readonly #server: ReplayServer;
  /** Our joins that have not been answered, by topic, and the refs that recorded joins have become. */
  readonly #joins = new Map<string, string>();
  readonly #refs = new Map<string, string>();
  #next = 0;
  #ended = false;

  constructor(connection: Connection, recorded: Recorded, crypto: Crypto, timers: Timers, server: ReplayServer) {
    this.#connection = connection;
    this.#recorded = recorded;
    this.#timers = timers;
    this.#server = server;
    this.#end = new ServerEnd(connection, crypto, this);
    connection.onEnd = () => {
      this.#ended = true;
    };
  }

  answer(request: string, accept: string): string {
    this.#server.requests.push(request.slice(0, -4));
    const { head, body, atMs } = this.#recorded;
    const field = "sec-websocket-accept";
    const lines = head.map((line) => (line.toLowerCase().startsWith(field) ? `${field}: ${accept}` : line));
    if (head[0].includes(" 101 ")) this.#play(atMs);
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  }

  text(text: string): void {
    const message = JSON.parse(text) as Message;
    const [, ref, topic, event] = message;
    if (topic === "phoenix") {
      this.#send([null, ref, topic, "phx_reply", { status: "ok" }]);
      return;
    }
    this.#server.received.push(message);
    if (event === "phx_join" && ref !== null) this.#joins.set(topic, ref);
  }

  closed(): void {
    this.#ended = true;
    this.#end.close(1000);
  }

  #send(message: unknown): void {
    if (!this.#ended) this.#end.send(message);
  }

  /** Plays the next recorded line, at its time. */
  #play(previousMs: number, waitedMs = 0): void {
    const line = this.#recorded.lines[this.#next];
    if (line === undefined || this.#ended) return;
    const delayMs = waitedMs > 0 ? 100 : Math.max(0, line.t - previousMs);
    this.#timers.set(() => {
      if (this.#ended) return;
      if (this.#line(line, waitedMs >= joinWaitMs)) {
        this.#next++;
        this.#play(line.t);
      } else this.#play(line.t, waitedMs + 100);
    }, delayMs);
  }

  /** @returns false when it has to wait for our join */
  #line(line: Line, waitedLong: boolean): boolean {
    if (line.kind === "socket.end" || line.kind === "socket.close") {
      this.#ended = true;
      this.#connection.end();
    } else if (line.op === "close") {
      // Ours does not close where the recorded device did: the server then does, with the same effect.
      const code = line.kind === "recv" ? (line.code ?? 1000) : 1000;
      this.#end.raw(closeFrame(code));
    } else if (line.kind === "recv" && line.op === "text") {
      return this.#frame(JSON.parse(line.data ?? "[]") as Message, waitedLong);
    }
    return true;
  }

  #frame([joinRef, ref, topic, event, payload]: Message, waitedLong: boolean): boolean {
    if (topic === "phoenix") return true;
    const isJoinReply = event === "phx_reply" && joinRef !== null && joinRef === ref;
    if (isJoinReply) {
      const ours = this.#joins.get(topic);
      // A join that the recorded device made a second time; ours joins once.
      if (ours === undefined) return waitedLong || this.#refs.has(topic);
      this.#joins.delete(topic);
      this.#refs.set(`${topic} ${joinRef}`, ours);
      this.#refs.set(topic, ours);
      this.#send([ours, ours, topic, event, payload]);
      return true;
    }
    const mapped = (value: string | null): string | null =>
      value === null ? null : (this.#refs.get(`${topic} ${value}`) ?? `recorded-${value}`);
    this.#send([mapped(joinRef), mapped(ref), topic, event, payload]);
    return true;
  }
}
