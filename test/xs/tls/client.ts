/*
 * The XS side of the TLS suite: meets the servers of tools/xs/tls/cases.ts one after the other and says how each ended.
 */

import Debug from "debug";
import { XsClock } from "../../../hosts/xs/clock.js";
import { PlainNetwork } from "../../../hosts/xs/network.js";
import { XsTimers } from "../../../hosts/xs/timers.js";
import { Fault } from "../../../modules/fault/fault.js";
import type { Clock } from "../../../modules/host/clock.js";
import { SecureNetwork } from "../../../modules/tls/secure-network.js";

const environment = native("test_environment") as (name: string) => string | undefined;
const file = native("test_file") as (path: string) => ArrayBuffer;
const exit = native("test_exit") as (status: number) => void;

interface Case {
  name: string;
  port: number;
  expect: string;
  says?: string;
  serverName?: string;
  roots?: string[];
  certificate?: string[];
  key?: string;
  nowMs?: number;
  timeoutMs?: number;
  maxFragmentLength?: number;
  talk?: [string, string][];
}

const entropy = native("nh_entropy") as (into: Uint8Array) => void;

class TestClock implements Clock {
  readonly #clock = new XsClock();
  nowMs: number | undefined;
  now(): number | undefined {
    return this.nowMs === undefined ? this.#clock.now() : this.nowMs || undefined;
  }
  monotonic(): number {
    return this.#clock.monotonic();
  }
  set(): void {}
}

export const clock = new TestClock();
export const timers = new XsTimers();
const plain = new PlainNetwork((_host, done) => void timers.set(() => done("127.0.0.1"), 0));
const networks = new Map<number | undefined, SecureNetwork>();

export function network(maxFragmentLength?: number): SecureNetwork {
  let made = networks.get(maxFragmentLength);
  if (!made) {
    made = new SecureNetwork({ network: plain, timers, clock, random: { fill: entropy }, maxFragmentLength });
    networks.set(maxFragmentLength, made);
  }
  return made;
}

const bytesOf = (path: string): Uint8Array => new Uint8Array(file(path));
const bigBytes = 300_000;
const chunk = new Uint8Array(4096);

export interface Outcome {
  code: string;
  sentence: string;
}

/** Meets one server. `done` comes once, with "ok", the Fault's code, or what was wrong with the conversation. */
export function meet(one: Case, done: (outcome: Outcome) => void): void {
  const { port, serverName, roots, certificate, key, timeoutMs, talk = [] } = one;
  clock.nowMs = one.nowMs;
  let line = 0;
  let heard = "";
  let count = 0;
  let over = false;
  const finish = (code: string, sentence = ""): void => {
    if (over) return;
    over = true;
    timers.clear(guard);
    stream.close();
    done({ code, sentence });
  };
  const say = (): void => {
    if (line === talk.length) {
      finish("ok");
      return;
    }
    const text = new Uint8Array(ArrayBuffer.fromString(talk[line][0]));
    if (stream.write(text) !== text.byteLength) finish("a short write");
  };
  const listen = (): void => {
    for (let got = stream.read(chunk); got > 0; got = stream.read(chunk)) {
      count += got;
      if (line < talk.length && talk[line][1] !== "big") heard += String.fromArrayBuffer(chunk.slice(0, got).buffer);
    }
    if (line < talk.length && heard.endsWith("\n")) {
      if (heard !== talk[line][1]) finish(`heard ${heard}`);
      heard = "";
      line++;
      if (!over) say();
    }
  };
  const guard = timers.set(() => finish("no end after 10 s"), 10_000);
  const stream = network(one.maxFragmentLength).open({
    host: serverName ?? "localhost",
    port,
    connectTimeoutMs: 2000,
    secure: {
      ...(roots ? { roots: roots.map(bytesOf) } : undefined),
      ...(certificate ? { certificate: certificate.map(bytesOf) } : undefined),
      ...(key ? { key: bytesOf(key) } : undefined),
      ...(timeoutMs ? { handshakeTimeoutMs: timeoutMs } : undefined),
    },
    onOpen: () => say(),
    onReadable: () => listen(),
    onWritable() {},
    onClose(fault) {
      if (fault instanceof Fault) finish(fault.code, fault.message);
      else if (talk[line]?.[1] === "big") finish(count === bigBytes ? "ok" : `${count} bytes`);
      else finish(fault ? String(fault) : "closed");
    },
  });
}

export function runCases(): void {
  const cases = JSON.parse(String.fromArrayBuffer(file(environment("TLS_CASES")!))) as Case[];
  let failures = 0;
  const next = (i: number): void => {
    if (i === cases.length) {
      Debug.gc();
      trace(`${cases.length - failures} passed, ${failures} failed\n`);
      timers.set(() => exit(failures ? 1 : 0), 5);
      return;
    }
    const one = cases[i];
    meet(one, ({ code, sentence }) => {
      const good = code === one.expect && (!one.says || sentence.includes(one.says));
      if (!good) failures++;
      trace(
        `${good ? "ok" : "FAILED"} ${one.name}: ${code}${good ? "" : ` (expected ${one.expect} ${one.says ?? ""})`}${sentence ? ` | ${sentence}` : ""}\n`,
      );
      timers.set(() => next(i + 1), 0);
    });
  };
  next(0);
}
