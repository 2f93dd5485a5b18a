/*
 * One conversation of XS with one server of tools/xs/tls, and how it ended.
 */

import { XsClock } from "../../../hosts/xs/clock.js";
import { PlainNetwork } from "../../../hosts/xs/network.js";
import { XsTimers } from "../../../hosts/xs/timers.js";
import { Fault } from "../../../modules/fault/fault.js";
import type { ByteStream, ByteStreamListener } from "../../../modules/platform/byte-stream.js";
import type { Clock } from "../../../modules/platform/clock.js";
import type { Timer } from "../../../modules/platform/timers.js";
import { SecureNetwork } from "../../../modules/tls/secure-network.js";

const file = native("test_file") as (path: string) => ArrayBuffer;
const entropy = native("nh_entropy") as (into: Uint8Array) => void;

/** As tools/xs/tls/cases.ts writes it. */
export interface Case {
  name: string;
  port: number;
  expect: string;
  says?: string;
  serverName?: string;
  roots?: string[];
  certificate?: string[];
  key?: string;
  nowMs?: number;
  earliestMs?: number;
  timeoutMs?: number;
  maxFragmentLength?: number;
  talk?: [string, string][];
  reading?: "told" | "slow";
}

/** Faults that a wrong clock would be the cause of: the clock hears of each of these, and of nothing else. */
const ofTheDate = ["certificate-expired", "certificate-not-yet-valid", "clock-wrong"];

class TestClock implements Clock {
  readonly #clock = new XsClock();
  nowMs: number | undefined;
  earliestMs: number | undefined;
  contradicted = false;
  onContradicted = (): void => {
    this.contradicted = true;
  };
  now(): number | undefined {
    return this.nowMs === undefined ? this.#clock.now() : this.nowMs || undefined;
  }
  monotonic(): number {
    return this.#clock.monotonic();
  }
  set(): void {}
}

const clock = new TestClock();
export const timers = new XsTimers();
const plain = new PlainNetwork((_host, done) => void timers.set(() => done("127.0.0.1"), 0));
const networks = new Map<number | undefined, SecureNetwork>();

function network(maxFragmentLength?: number): SecureNetwork {
  let made = networks.get(maxFragmentLength);
  if (!made) {
    made = new SecureNetwork({ network: plain, timers, clock, random: { fill: entropy }, maxFragmentLength });
    networks.set(maxFragmentLength, made);
  }
  return made;
}

const bytesOf = (path: string): Uint8Array => new Uint8Array(file(path));
const bigBytes = 300_000;
const floodBytes = 200_000;
const longestMs = 10_000;
const chunk = new Uint8Array(4096);

export interface Outcome {
  /** "ok", the Fault's code, or what was wrong with the conversation. */
  code: string;
  sentence: string;
}

/** The byte at a place of what is sent as "flood". */
const floodByte = (at: number): number => (at * 7 + (at >> 8)) & 0xff;

class Meeting implements ByteStreamListener {
  readonly #case: Case;
  readonly #done: (outcome: Outcome) => void;
  readonly #stream: ByteStream;
  readonly #limit: Timer;
  #line = 0;
  #heard = "";
  #received = 0;
  #sent = 0;
  #over = false;

  constructor(one: Case, done: (outcome: Outcome) => void) {
    this.#case = one;
    this.#done = done;
    this.#limit = timers.set(() => this.#finish(`no end after ${longestMs} ms`), longestMs);
    const { serverName, port, roots, certificate, key, timeoutMs } = one;
    const secure = {
      ...(roots ? { roots: roots.map(bytesOf) } : undefined),
      ...(certificate ? { certificate: certificate.map(bytesOf) } : undefined),
      ...(key ? { key: bytesOf(key) } : undefined),
      ...(timeoutMs ? { handshakeTimeoutMs: timeoutMs } : undefined),
    };
    const options = { host: serverName ?? "localhost", port, connectTimeoutMs: 2000, secure };
    this.#stream = network(one.maxFragmentLength).open(options, this);
  }

  get #answer(): string | undefined {
    return this.#case.talk?.[this.#line]?.[1];
  }

  opened(): void {
    this.#say();
  }

  writable(): void {
    this.#flood();
  }

  #say(): void {
    const line = this.#case.talk?.[this.#line];
    if (!line) this.#finish("ok");
    else if (line[0] === "flood") this.#flood();
    else {
      const text = new Uint8Array(ArrayBuffer.fromString(line[0]));
      if (this.#stream.write(text) !== text.byteLength) this.#finish("a short write");
    }
  }

  #flood(): void {
    while (this.#sent < floodBytes) {
      const part = Math.min(chunk.byteLength, floodBytes - this.#sent);
      for (let i = 0; i < part; i++) chunk[i] = floodByte(this.#sent + i);
      const taken = this.#stream.write(chunk.subarray(0, part));
      this.#sent += taken;
      if (taken < part) return;
    }
  }

  readable(count: number): void {
    if (this.#case.reading === "slow") timers.set(() => this.#read(count), 3);
    else if (this.#case.reading === "told") this.#read(count);
    else this.#read(Number.POSITIVE_INFINITY);
  }

  /** Reads that much and not a byte more. */
  #read(count: number): void {
    while (count > 0 && !this.#over) {
      const got = this.#stream.read(count < chunk.byteLength ? chunk.subarray(0, count) : chunk);
      if (got === 0) return;
      count -= got;
      this.#take(got);
    }
  }

  #take(got: number): void {
    const answer = this.#answer;
    if (answer === "flood") {
      for (let i = 0; i < got; i++)
        if (chunk[i] !== floodByte(this.#received + i)) this.#finish(`byte ${this.#received + i} is wrong`);
    } else if (answer !== "big") this.#heard += String.fromArrayBuffer(chunk.slice(0, got).buffer);
    this.#received += got;
    if (answer === "flood" ? this.#received === floodBytes : this.#heard.endsWith("\n")) this.#next();
  }

  #next(): void {
    if (this.#heard && this.#heard !== this.#answer) this.#finish(`heard ${this.#heard}`);
    this.#heard = "";
    this.#line++;
    if (!this.#over) this.#say();
  }

  closed(fault?: Error): void {
    if (fault instanceof Fault) this.#finish(fault.code, fault.message);
    else if (this.#answer === "big") this.#finish(this.#received === bigBytes ? "ok" : `${this.#received} bytes`);
    else this.#finish(fault ? String(fault) : "closed");
  }

  #finish(code: string, sentence = ""): void {
    if (this.#over) return;
    this.#over = true;
    timers.clear(this.#limit);
    this.#stream.close();
    const { contradicted } = clock;
    const heard = contradicted === ofTheDate.includes(code);
    this.#done({ code: heard ? code : `${code}, clock ${contradicted ? "" : "not "}contradicted`, sentence });
  }
}

/** Meets one server; `done` comes once, after the stream is closed. */
export function meet(one: Case, done: (outcome: Outcome) => void): void {
  clock.nowMs = one.nowMs;
  clock.earliestMs = one.earliestMs;
  clock.contradicted = false;
  new Meeting(one, done);
}
