/*
 * Plays one recording against a hub, record by record: what the device sent is sent, what the server answered is
 * expected, and what the operator did is done.
 */

import type { Hub } from "../../../tools/hub/hub.js";
import type { Json } from "../../../tools/hub/json.js";
import { assert } from "../harness.js";
import { type Deviation, deviations, webEndpoint } from "./deviations.js";
import { frameBytes, RawClient } from "./raw-client.js";
import { replayDownload } from "./recorded-download.js";
import { opcodeOf, RecordedFrames } from "./recorded-frames.js";
import { RecordedOperator } from "./recorded-operator.js";
import { statesOf } from "./recorded-state.js";
import { headersOf, type Recorded, statusOf } from "./recording.js";

/** How long a recorded call took at most, ms; one that waits for a script, longer. */
const callMs = 60;
const scriptMs = 3500;

interface Connection {
  readonly client: RawClient;
  identifier: string;
  /** Its HTTP response has been seen: some recordings have the end of a refused connection before it. */
  answered: boolean;
  /** Single bytes of an unfinished frame were sent: nothing else can be said on it. */
  midFrame: boolean;
}
export class Player {
  readonly #name: string;
  readonly #records: readonly Recorded[];
  readonly #hub: Hub;
  readonly #notes: ((text: string, hub: Hub) => void) | undefined;
  readonly #operator: RecordedOperator;
  readonly #connections = new Map<string, Connection>();
  /** Connections to what a desk hub does not have. */
  readonly #skipped = new Set<string>();
  readonly #frames = new RecordedFrames();

  constructor(name: string, records: readonly Recorded[], hub: Hub, notes?: (text: string, hub: Hub) => void) {
    this.#name = name;
    this.#records = records;
    this.#hub = hub;
    this.#notes = notes;
    this.#operator = new RecordedOperator(hub);
  }

  async play(record: Recorded, index: number): Promise<void> {
    const conn = record.conn ?? "";
    if (record.kind === "http.request") return this.#request(record, conn);
    if (conn === "user" && record.kind === "send" && record["op"] === "text") {
      this.#operator.userSent(record["data"] as string);
      return;
    }
    if (this.#skipped.has(conn)) return;
    switch (record.kind) {
      case "http.response":
        return this.#response(record, conn);
      case "send":
        return this.#send(record, conn);
      case "recv":
        return this.#receive(record, conn, index);
      case "socket.close":
        return this.#close(record, conn);
      case "api":
        return this.#api(record);
      case "http":
        return replayDownload(this.#hub, record, this.#deviation(record)?.instead, (what) => this.#at(record, what));
      case "server.state":
        return this.#state(record);
      case "note":
        this.#notes?.(record["text"] as string, this.#hub);
        return;
      default:
        return;
    }
  }

  /** Nothing may be left over. */
  finish(): void {
    for (const [conn, { client }] of this.#connections) this.#nothingLeft(conn, client, "at the end");
  }

  end(): void {
    for (const { client } of this.#connections.values()) client.destroy();
  }

  #request(record: Recorded, conn: string): void {
    const head = record["head"] as string[];
    const elsewhere = conn === "user" || headersOf(head).get("host") === webEndpoint;
    if (elsewhere) this.#skipped.add(conn);
    else this.#skipped.delete(conn);
    if (elsewhere) return;
    const client = new RawClient(this.#hub.port);
    client.write(`${head.join("\r\n")}\r\n\r\n`);
    this.#connections.set(conn, { client, identifier: "", answered: false, midFrame: false });
  }

  async #response(record: Recorded, conn: string): Promise<void> {
    const connection = this.#connections.get(conn)!;
    const before = this.#hub.timeline.entries().length;
    const { head, body } = await connection.client.response();
    connection.answered = true;
    const theirs = record["head"] as string[];
    const [ours, expected] = [headersOf(head), headersOf(theirs)];
    assert.equal(statusOf(head), statusOf(theirs), this.#at(record, `the hub says: ${this.#said(before)}`));
    assert.equal(body.toString(), (record["body"] as string | undefined) ?? "", this.#at(record, "body"));
    for (const header of ["location", "nh-connection-error-reason"]) {
      assert.equal(ours.get(header), expected.get(header), this.#at(record, header));
    }
    assert.ok(ours.has("date"), this.#at(record, "a Date header"));
    if (statusOf(head) === 101) {
      assert.equal(ours.get("sec-websocket-accept"), expected.get("sec-websocket-accept"), this.#at(record, "accept"));
      assert.equal(ours.has("sec-websocket-protocol"), false, this.#at(record, "no subprotocol"));
      connection.identifier = this.#hub.timeline.entries().findLast(({ kind }) => kind === "connected")?.device ?? "";
    }
  }

  async #send(record: Recorded, conn: string): Promise<void> {
    const connection = this.#connections.get(conn)!;
    const { client, identifier } = connection;
    const op = record["op"] as string;
    if (op === "byte") {
      client.write(Buffer.from(record["hex"] as string, "hex"));
      connection.midFrame = true;
      const heard = () => this.#hub.socket(identifier)?.lastByteAt === this.#hub.settings.clock.now();
      while (!heard()) await new Promise(setImmediate);
      return;
    }
    if (op === "text x2") {
      const beat = (ref: number) => frameBytes(1, Buffer.from(`[null,"${ref}","phoenix","heartbeat",{}]`));
      const both = Buffer.concat([beat(7), beat(8)]);
      client.write(both.subarray(0, 50));
      client.write(both.subarray(50));
    } else if (op === "close") {
      const answers = record["note"] === undefined && !client.ended && !connection.midFrame;
      if (answers) await client.sync();
      const code = record["code"] as number | null;
      client.frame(8, code === null ? Buffer.alloc(0) : Buffer.from([code >> 8, code & 255]));
      return;
    } else {
      const { masked, fin, rsv1 } = record as { masked?: boolean; fin?: boolean; rsv1?: boolean };
      client.frame(opcodeOf(op), this.#frames.payload(record), { masked, fin, rsv1 });
    }
    if (record["fin"] !== false) await client.sync();
  }

  async #receive(record: Recorded, conn: string, index: number): Promise<void> {
    const deviation = this.#deviation(record);
    if (deviation !== undefined && deviation.instead === undefined) return;
    const { client, identifier } = this.#connections.get(conn)!;
    await client.settle();
    if (client.frames.length === 0 && record["op"] === "text") this.#cause(record, identifier, index);
    const frame = await client.next();
    const data = deviation?.instead ?? (record["data"] as string | undefined);
    assert.ok(
      frame !== undefined,
      this.#at(record, `nothing came, expected ${record["op"]} ${data ?? record["code"]}`),
    );
    const { ours, theirs } = this.#frames.sides(frame!, { ...record, data });
    assert.deepEqual(ours, theirs, this.#at(record, "frame"));
  }

  /** Nothing has come yet: the operator's call that is recorded next, or a button that left no record, is behind it. */
  #cause(record: Recorded, identifier: string, index: number): void {
    const frame = JSON.parse(record["data"] as string) as Json[];
    if (frame[3] === "phx_reply") return;
    if (this.#byOperator(frame, index) && this.#operator.pressedFor(identifier, frame)) return;
    const call = this.#records.slice(index).find((r) => r.kind === "api" && !this.#operator.made(r));
    const atMost = frame[3] === "scripts/run" || frame[3] === "dn" ? scriptMs : callMs;
    if (call !== undefined && call.t - record.t < atMost) void this.#operator.call(call);
  }

  /** health:check comes by itself too: it was a button only where a note, and no message of the device, is before it. */
  #byOperator(frame: readonly Json[], index: number): boolean {
    if (frame[3] !== "health:check") return true;
    const before = this.#records.slice(0, index).findLast(({ kind }) => kind === "note" || kind === "send");
    return before?.kind === "note";
  }

  #close(record: Recorded, conn: string): void {
    const connection = this.#connections.get(conn);
    if (connection === undefined || !connection.answered) return;
    if (this.#deviation(record) === undefined) this.#nothingLeft(conn, connection.client, `at ${record.t} ms`);
    connection.client.destroy();
    this.#connections.delete(conn);
  }

  #nothingLeft(conn: string, client: RawClient, when: string): void {
    const left = client.frames.map(({ opcode, payload }) => `${opcode} ${payload.toString().slice(0, 200)}`);
    assert.deepEqual(left, [], `${this.#name}, ${conn}, ${when}: frames that the real server did not send`);
  }

  async #api(record: Recorded): Promise<void> {
    const status = record["status"] as number;
    const call = this.#operator.call(record);
    if (status === 403) return;
    const answer = await call;
    const refused = answer instanceof Error && !answer.message.includes("lost");
    assert.equal(refused, status >= 400, this.#at(record, `${record["request"]}: ${String(answer)}`));
    if (/\/scripts\/1$/.test(record["request"] as string))
      assert.equal(answer, record["response"], this.#at(record, "script"));
  }

  async #state(record: Recorded): Promise<void> {
    if (record["value"] === null || Array.isArray(record["value"]) || record["device"] === undefined) return;
    if (this.#deviation(record) !== undefined) return;
    const identifier = record["device"] as string;
    const value = record["value"] as Parameters<typeof statesOf>[2];
    for (let turn = 0; turn < 50; turn++) {
      const { ours, theirs } = statesOf(this.#hub, identifier, value) as {
        ours: { connection: string };
        theirs: { connection: string };
      };
      if (ours.connection === theirs.connection) break;
      await new Promise(setImmediate);
    }
    const { ours, theirs } = statesOf(this.#hub, identifier, value);
    assert.deepEqual(ours, theirs, this.#at(record, `state of ${identifier}`));
  }

  #deviation({ t, kind }: Recorded): Deviation | undefined {
    return deviations.find((d) => d.recording === this.#name && d.t === t && d.kind === kind);
  }

  #said(after: number): string {
    return this.#hub.timeline
      .entries()
      .slice(after)
      .map(({ text }) => text)
      .join("; ");
  }

  #at(record: Recorded, what: string): string {
    return `${this.#name} at ${record.t} ms: ${what}`;
  }
}
