/*
 * A server that says what a real NervesHub said in a recorded exchange (test/fixtures/transcripts), connection by
 * connection, frame by frame, at the recorded times. The device is ours, so refs are put in place of the recorded ones,
 * and replies to joins wait for our joins. Portable.
 */

import type { Crypto } from "../../modules/platform/crypto.js";
import type { Timers } from "../../modules/platform/timers.js";
import { toBase64 } from "../../modules/text/base64.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import { concat } from "../modules/platform/scripted-network.js";
import { acceptGuid, frameSize, textFrame, unmask } from "./server-frames.js";
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
    new Player(connection, recorded, this.#crypto, this.#timers, this).start();
  }
}

class Player {
  readonly #connection: Connection;
  readonly #recorded: Recorded;
  readonly #crypto: Crypto;
  readonly #timers: Timers;
  readonly #server: ReplayServer;
  /** Our joins that have not been answered, by topic, and the refs that recorded joins have become. */
  readonly #joins = new Map<string, string>();
  readonly #refs = new Map<string, string>();
  #buffer: Uint8Array = new Uint8Array(0);
  #upgraded = false;
  #next = 0;
  #ended = false;

  constructor(connection: Connection, recorded: Recorded, crypto: Crypto, timers: Timers, server: ReplayServer) {
    this.#connection = connection;
    this.#recorded = recorded;
    this.#crypto = crypto;
    this.#timers = timers;
    this.#server = server;
  }

  start(): void {
    this.#connection.onEnd = () => {
      this.#ended = true;
    };
    this.#connection.onData = (bytes) => {
      this.#buffer = concat(this.#buffer, bytes);
      if (!this.#upgraded && !this.#upgrade()) return;
      for (
        let size = frameSize(this.#buffer);
        size > 0 && size <= this.#buffer.byteLength;
        size = frameSize(this.#buffer)
      ) {
        this.#frame(this.#buffer.slice(0, size));
        this.#buffer = this.#buffer.slice(size);
      }
    };
  }

  #upgrade(): boolean {
    const text = decodeUtf8(this.#buffer);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return false;
    this.#upgraded = true;
    this.#buffer = this.#buffer.slice(end + 4);
    this.#server.requests.push(text.slice(0, end));
    const digest = this.#crypto.digest("sha1");
    digest.update(encodeUtf8((/sec-websocket-key: *(\S+)/i.exec(text)?.[1] ?? "") + acceptGuid));
    const accept = `sec-websocket-accept: ${toBase64(digest.finish())}`;
    const { head, body } = this.#recorded;
    const lines = head.map((line) => (line.toLowerCase().startsWith("sec-websocket-accept") ? accept : line));
    this.#connection.send(encodeUtf8(`${lines.join("\r\n")}\r\n\r\n${body}`));
    if (head[0].includes(" 101 ")) this.#play(this.#recorded.atMs);
    else this.#connection.end();
    return true;
  }

  #frame(frame: Uint8Array): void {
    const opcode = frame[0] & 15;
    if (opcode === 8) {
      this.#connection.send(new Uint8Array([0x88, 2, 3, 232]));
      this.#end("end");
    }
    if (opcode !== 1) return;
    const message = JSON.parse(decodeUtf8(unmask(frame))) as Message;
    const [, ref, topic, event] = message;
    if (topic === "phoenix") {
      this.#send([null, ref, topic, "phx_reply", { status: "ok" }]);
      return;
    }
    this.#server.received.push(message);
    if (event === "phx_join" && ref !== null) this.#joins.set(topic, ref);
  }

  #end(how: "end" | "reset"): void {
    this.#ended = true;
    this.#connection.end(how);
  }

  #send(message: unknown): void {
    if (!this.#ended) this.#connection.send(textFrame(message));
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
      this.#end("end");
    } else if (line.op === "close") {
      // Ours does not close where the recorded device did: the server then does, with the same effect.
      const code = line.kind === "recv" ? (line.code ?? 1000) : 1000;
      this.#connection.send(new Uint8Array([0x88, 2, code >> 8, code & 255]));
    } else if (line.kind === "recv" && line.op === "text") {
      return this.#text(JSON.parse(line.data ?? "[]") as Message, waitedLong);
    }
    return true;
  }

  #text([joinRef, ref, topic, event, payload]: Message, waitedLong: boolean): boolean {
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
