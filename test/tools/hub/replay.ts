/*
 * The replay engine: plays the device's side of a recording against our hub, at the recorded times, and compares every
 * answer, every push, every close code and the state of the device with what the real server did.
 *
 * Time is virtual and follows the recording. What the operator did is done by recorded-operator.ts. Nothing in here knows
 * a recording by name; what a recording needs beside itself is its Setting.
 */

import { createHash } from "node:crypto";
import { Hub } from "../../../tools/hub/hub.js";
import type { Json } from "../../../tools/hub/json.js";
import type { HubOptions } from "../../../tools/hub/options.js";
import { assert, fixture } from "../../harness.js";
import { ManualTimers } from "../../hosts/shared/manual-timers.js";
import { type Deviation, deviations, webEndpoint } from "./deviations.js";
import { frameBytes, RawClient, type RawFrame } from "./raw-client.js";
import { RecordedOperator } from "./recorded-operator.js";
import { statesOf } from "./recorded-state.js";
import { headersOf, type Recorded, recording, startOf } from "./recording.js";

/** What the recorded server was set up with, as far as it is not in the recording. */
export interface Setting {
  readonly options?: Partial<HubOptions>;
  /** Images on the server, files of fixtures. */
  readonly images?: readonly string[];
  /** The recording is played up to here, ms: what follows needs what is not among the fixtures. */
  readonly untilMs?: number;
  /** What a note says was done behind the scenes. */
  readonly notes?: (text: string, hub: Hub) => void;
}

const productKey = "nhp_9Jzoak1/tSPBvo+pMuITeea7tQzdQ5gxjVv32xVNlIs";
const productSecret = "GyILyYdKAXjhJkWSoYc+T2VpJigPGykJckLug/t1Hck";
/** From the note in connect-device-secret. */
const deviceKey = {
  key: "nhd_loeqH9a98mJpXVs3f1HejW8sesywCBvmqj3HY9hMszg",
  secret: "/hD2oWOqE9qGc+T5IF84kljOxGQBIndxDN8M7QMn0oc",
  identifier: "dev-secret-01",
};
const recordedExtensions = ["geo", "health", "local_shell", "logging", "network_identity"];

const opcodes = new Map([
  ["text", 1],
  ["binary", 2],
  ["continuation", 0],
  ["close", 8],
  ["ping", 9],
  ["pong", 10],
  ["reserved 0x3", 3],
]);

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

export async function replay(name: string, setting: Setting = {}): Promise<void> {
  const records = recording(name);
  const timers = new ManualTimers();
  const start = startOf(records);
  timers.now = start;
  const hub = new Hub({
    product: "nh-demo",
    keys: [{ key: productKey, secret: productSecret }, deviceKey],
    clock: { now: () => timers.now },
    timers,
    protocol: "2026-08",
    offerDelayMs: 3,
    extensions: new Map(recordedExtensions.map((extension) => [extension, ["0.0.1"]])),
    groupTags: ["beta"],
    storage: "local",
    ...setting.options,
  });
  await hub.start();
  for (const image of setting.images ?? []) {
    const added = hub.addImage(fixture(`transcripts/fixtures/${image}`), image);
    assert.ok(typeof added !== "string", String(added));
  }
  const player = new Player(name, records, hub, setting);
  try {
    for (const [index, record] of records.entries()) {
      if (record.t >= (setting.untilMs ?? Number.POSITIVE_INFINITY)) return;
      timers.advance(Math.max(0, start + record.t - timers.now));
      await player.play(record, index);
    }
    player.finish();
  } finally {
    player.end();
    await hub.stop();
  }
}

class Player {
  readonly #name: string;
  readonly #records: readonly Recorded[];
  readonly #hub: Hub;
  readonly #setting: Setting;
  readonly #operator: RecordedOperator;
  readonly #connections = new Map<string, Connection>();
  /** Connections to what a desk hub does not have. */
  readonly #skipped = new Set<string>();
  /** Script references of the recording, and ours in their place. */
  readonly #refs = new Map<string, string>();

  constructor(name: string, records: readonly Recorded[], hub: Hub, setting: Setting) {
    this.#name = name;
    this.#records = records;
    this.#hub = hub;
    this.#setting = setting;
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
        return this.#download(record);
      case "server.state":
        return this.#state(record);
      case "note":
        this.#setting.notes?.(record["text"] as string, this.#hub);
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
      client.frame(opcodes.get(op)!, this.#payload(record), { masked, fin, rsv1 });
    }
    if (record["fin"] !== false) await client.sync();
  }

  #payload(record: Recorded): Buffer {
    if (typeof record["hex"] === "string") return Buffer.from(record["hex"], "hex");
    if (typeof record["bytes"] === "number") return Buffer.alloc(record["bytes"]);
    let text = (record["data"] as string | undefined) ?? "";
    for (const [theirs, ours] of this.#refs) text = text.replace(JSON.stringify(theirs), JSON.stringify(ours));
    return Buffer.from(text);
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
    assert.deepEqual(
      this.#shown(frame!, undefined),
      this.#shown(undefined, { ...record, data }),
      this.#at(record, "frame"),
    );
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

  /** One side of a comparison, without what must differ: URLs, script references. */
  #shown(frame: RawFrame | undefined, record: Recorded | undefined): unknown {
    const op = record?.["op"] ?? [...opcodes].find(([, opcode]) => opcode === frame!.opcode)?.[0];
    if (op === "close")
      return { op, code: record?.["code"] ?? (frame?.payload.length ? frame.payload.readUInt16BE(0) : null) };
    if (op !== "text") return { op, hex: record?.["hex"] ?? frame?.payload.toString("hex") };
    const message = JSON.parse(record === undefined ? frame!.payload.toString() : (record["data"] as string)) as Json[];
    const payload = message[4] as { [name: string]: Json };
    if (message[3] === "update") payload["firmware_url"] = URL.canParse(String(payload["firmware_url"]));
    if (message[3] === "update" && payload["deployment_id"] !== null) payload["deployment_id"] = 1;
    if (message[3] === "scripts/run" && payload["ref"] !== "connecting_code") {
      this.#refs.set("last", String(payload["ref"]));
      if (record !== undefined) this.#refs.set(String(payload["ref"]), this.#refs.get("ours")!);
      else this.#refs.set("ours", String(payload["ref"]));
      payload["ref"] = String(payload["ref"]).length;
    }
    return { op, message };
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

  async #download(record: Recorded): Promise<void> {
    const [line, ...lines] = record["request"] as string[];
    const [method, path] = line.split(" ");
    const headers = headersOf([line, ...lines]);
    if (!headers.get("host")!.startsWith("localhost")) return;
    const image = this.#hub.library.images().find(({ metadata }) => path.includes(metadata.uuid));
    const file = image === undefined ? undefined : { ...image, contentType: "application/octet-stream" };
    const origin = `http://127.0.0.1:${this.#hub.port}`;
    if (file !== undefined) this.#hub.downloads.put(path, file);
    const url = this.#hub.downloads.signed(path, origin);
    const ask = new Map([...headers].filter(([name]) => name === "range" || name.startsWith("if-")));
    if (ask.has("if-none-match")) ask.set("if-none-match", (await fetch(url)).headers.get("etag") ?? "");
    const response = await fetch(url, { method, headers: Object.fromEntries(ask) });
    const body = Buffer.from(await response.arrayBuffer());
    const theirs = record["head"] as string[];
    const deviation = this.#deviation(record);
    assert.equal(
      response.status,
      Number(deviation?.instead ?? statusOf(theirs)),
      this.#at(record, JSON.stringify([...ask])),
    );
    if (deviation !== undefined || response.status >= 400) return;
    assert.equal(
      response.headers.get("content-range") ?? undefined,
      headersOf(theirs).get("content-range"),
      this.#at(record, "range"),
    );
    assert.equal(body.length, record["body_bytes"], this.#at(record, "length"));
    const hash = createHash("sha256").update(body).digest("hex");
    if (body.length > 0) assert.equal(hash, record["body_sha256"], this.#at(record, "bytes"));
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

function statusOf(head: readonly string[]): number {
  return Number(head[0].split(" ")[1]);
}
