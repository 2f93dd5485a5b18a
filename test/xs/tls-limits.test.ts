/*
 * Bounds of TLS, at the limit and one beyond it. Here and not in test/limits, since modules/tls runs on XS only.
 */

import { resolve, SystemRandom } from "../../hosts/simulator/system.js";
import { XsClock } from "../../hosts/xs/clock.js";
import { PlainNetwork } from "../../hosts/xs/network.js";
import { XsTimers } from "../../hosts/xs/timers.js";
import type { Fault } from "../../modules/fault/fault.js";
import type { ByteStream, ByteStreamListener, ByteStreamOptions, Network } from "../../modules/platform/byte-stream.js";
import type { Timers } from "../../modules/platform/timers.js";
import { fromHex } from "../../modules/text/hex.js";
import { maxTlsWarnings } from "../../modules/tls/client-session.js";
import { readPublicKey } from "../../modules/tls/public-key.js";
import {
  keptTlsRecordBytes,
  maxHandshakeMessageBytes,
  maxTlsRecordBytes,
  RecordReader,
} from "../../modules/tls/record-reader.js";
import { SecureNetwork } from "../../modules/tls/secure-network.js";
import { defaultHandshakeTimeoutMs, maxTlsSendBytes } from "../../modules/tls/secure-stream.js";
import { maxTlsSessionAgeMs, maxTlsSessions, SessionCache } from "../../modules/tls/session-cache.js";
import { maxRsaBits, minRsaBits } from "../../modules/x509/certificate.js";
import { ManualTimers } from "../support/manual-timers.js";
import { concat, ScriptedNetwork, ScriptedStream, unheard } from "../support/scripted-network.js";
import { assert, describe, environment, it } from "./harness.js";

/** As test/support/limit.ts, which has the types of Node's harness. */
const limit = (name: string, claim: string, body: () => unknown): void => it(`${name}: ${claim}`, body);

const headerBytes = 5;
const applicationData = 23;
const handshake = 22;
const certificate = 11;
/** A record may hold that many plain bytes. */
const fragmentBytes = 16_384;

const record = (type: number, fragment: Uint8Array): Uint8Array =>
  concat(new Uint8Array([type, 3, 3, fragment.byteLength >> 8, fragment.byteLength & 255]), fragment);

/** A handshake message of so many bytes behind its header, in as many records as it takes. */
function message(bytes: number): Uint8Array {
  const whole = concat(
    new Uint8Array([certificate, bytes >> 16, (bytes >> 8) & 255, bytes & 255]),
    new Uint8Array(bytes),
  );
  const records: Uint8Array[] = [];
  for (let at = 0; at < whole.byteLength; at += fragmentBytes)
    records.push(record(handshake, whole.subarray(at, at + fragmentBytes)));
  return concat(...records);
}

/** The packets that a reader makes of `bytes`, as [length, length of the buffer they lie in]; or the fault's code. */
function packets(bytes: Uint8Array, encrypted: boolean): [number, number][] | string {
  const stream = new ScriptedStream({ host: "", port: 0, connectTimeoutMs: 0 });
  stream.receive(bytes);
  const reader = new RecordReader();
  const found: [number, number][] = [];
  try {
    for (;;) {
      const packet = reader.next(stream, encrypted, undefined);
      if (packet === undefined) return found;
      found.push([packet.byteLength, packet.buffer.byteLength]);
    }
  } catch (error) {
    return (error as Fault).code;
  }
}

/** SubjectPublicKeyInfo of an RSA key of so many bits. */
function rsaKey(bits: number): Uint8Array {
  const length = (n: number) => new Uint8Array(n < 128 ? [n] : [0x82, n >> 8, n & 255]);
  const der = (tag: number, ...contents: Uint8Array[]): Uint8Array => {
    const whole = concat(...contents);
    return concat(new Uint8Array([tag]), length(whole.byteLength), whole);
  };
  const modulus = new Uint8Array(Math.ceil(bits / 8)).fill(0xff);
  modulus[0] = 2 ** (((bits - 1) % 8) + 1) - 1;
  const positive = modulus[0] >= 128 ? concat(new Uint8Array(1), modulus) : modulus;
  const key = der(0x30, der(0x02, positive), der(0x02, new Uint8Array([1, 0, 1])));
  const algorithm = der(0x30, der(0x06, fromHex("2a864886f70d010101")!), der(0x05));
  return der(0x30, algorithm, der(0x03, new Uint8Array(1), key));
}

/** Whether such a key is taken. */
function usable(bits: number): boolean {
  try {
    readPublicKey(rsaKey(bits));
    return true;
  } catch {
    return false;
  }
}

/** A TLS connection to a server that the test plays. */
class Handshake {
  readonly timers = new ManualTimers();
  readonly network = new ScriptedNetwork();
  readonly faults: string[] = [];

  constructor() {
    const clock = { now: () => Date.now(), monotonic: () => this.timers.now, set: () => {} };
    const { network, timers } = this;
    new SecureNetwork({ network, timers, clock, random: new SystemRandom() }).open(
      { host: "hub.example", port: 443, connectTimeoutMs: 1000, secure: {} },
      { ...unheard, closed: (fault) => this.faults.push((fault as Fault | undefined)?.code ?? "clean") },
    );
    network.stream.open();
  }
}

/** Passes everything on, and notes the lengths of the records of application data that are sent. */
class Watched implements Network {
  readonly sent: number[] = [];
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
  }

  open(options: ByteStreamOptions, listener: ByteStreamListener): ByteStream {
    const stream = this.#network.open(options, listener);
    return {
      // Short enough to be taken whole.
      write: (bytes) => {
        for (let at = 0; at < bytes.byteLength; at += headerBytes + bytes[at + 3] * 256 + bytes[at + 4])
          if (bytes[at] === applicationData) this.sent.push(bytes[at + 3] * 256 + bytes[at + 4]);
        return stream.write(bytes);
      },
      read: (into) => stream.read(into),
      close: () => stream.close(),
    };
  }
}

/** Bytes that a record has besides its plain ones: the nonce's explicit part and the tag (RFC 5288 §3). */
const sealBytes = 8 + 16;

/** Sends so many bytes at once to a real server, which sends them back. @returns plain bytes of each record sent */
function recordsOf(bytes: number): Promise<number[]> {
  const network = new Watched(new PlainNetwork(resolve));
  const timers: Timers = new XsTimers();
  const secure = new SecureNetwork({ network, timers, clock: new XsClock(), random: new SystemRandom() });
  return new Promise((done, fail) => {
    const back = new Uint8Array(bytes + 1);
    let received = 0;
    const stream = secure.open(
      {
        host: "localhost",
        port: Number(environment("NERVESHUB_TLS_PEER")),
        connectTimeoutMs: 10_000,
        secure: { roots: [fromHex(environment("NERVESHUB_TLS_CERTIFICATE") ?? "")!] },
      },
      {
        opened: () => void stream.write(new Uint8Array(bytes)),
        readable: () => {
          received += stream.read(back);
          if (received < bytes) return;
          stream.close();
          // The last record is the goodbye, an alert.
          done(network.sent.map((length) => length - sealBytes));
        },
        writable: () => {},
        closed: fail,
      },
    );
  });
}

describe("limits: TLS", () => {
  limit("maxTlsRecordBytes", "a record that long is read, a byte more is refused", () => {
    const length = headerBytes + maxTlsRecordBytes;
    const found = packets(record(applicationData, new Uint8Array(maxTlsRecordBytes)), true);
    assert.equal((found as [number, number][])[0][0], length);
    assert.equal(packets(record(applicationData, new Uint8Array(maxTlsRecordBytes + 1)), true), "tls-bad-record");
  });

  limit("keptTlsRecordBytes", "the buffer of a record that long is used again, a larger one is given back", () => {
    const buffers = (bytes: number) => {
      const small = record(applicationData, new Uint8Array(100));
      const found = packets(concat(record(applicationData, new Uint8Array(bytes - headerBytes)), small), true);
      return (found as [number, number][]).map(([, buffer]) => buffer);
    };
    const kept = buffers(keptTlsRecordBytes);
    assert.deepEqual(kept, [keptTlsRecordBytes, keptTlsRecordBytes]);
    const [, after] = buffers(keptTlsRecordBytes + 1);
    assert.ok(after < keptTlsRecordBytes, String(after));
  });

  limit("maxHandshakeMessageBytes", "a message that long is read whole, a byte more is refused by its header", () => {
    const [[length]] = packets(message(maxHandshakeMessageBytes), false) as [number, number][];
    assert.equal(length, headerBytes + 4 + maxHandshakeMessageBytes);
    assert.equal(packets(message(maxHandshakeMessageBytes + 1).subarray(0, headerBytes + 4), false), "tls-bad-record");
  });

  limit("minRsaBits", "a key of that many bits is taken, one of a bit less is not", () => {
    assert.equal(usable(minRsaBits), true);
    assert.equal(usable(minRsaBits - 1), false);
  });

  limit("maxRsaBits", "a key of that many bits is taken, one of a bit more is not", () => {
    assert.equal(usable(maxRsaBits), true);
    assert.equal(usable(maxRsaBits + 1), false);
  });

  limit("maxTlsWarnings", "that many are passed over, one more ends it", () => {
    const noRenegotiation = record(21, new Uint8Array([1, 100]));
    const { network, faults, timers } = new Handshake();
    for (let i = 0; i < maxTlsWarnings; i++) network.stream.receive(noRenegotiation);
    timers.advance(0);
    assert.deepEqual(faults, []);
    network.stream.receive(noRenegotiation);
    timers.advance(0);
    assert.equal(faults.length, 1);
  });

  limit("defaultHandshakeTimeoutMs", "a handshake may take a moment less, and is given up then", () => {
    const { timers, faults } = new Handshake();
    timers.advance(defaultHandshakeTimeoutMs - 1);
    assert.deepEqual(faults, []);
    timers.advance(1);
    assert.equal(faults.length, 1);
  });

  limit("maxTlsSessions", "that many are remembered, of one more the oldest is forgotten", () => {
    const remembered = (count: number) => {
      const cache = new SessionCache({ now: () => undefined, monotonic: () => 0, set: () => {} });
      const entries = Array.from({ length: count }, (_, i) => cache.forKey(`server ${i}`));
      for (const entry of entries) entry.saveSession("", new Uint8Array([1]).buffer, new Uint8Array(1));
      return entries.map((entry) => entry.getByHost("") !== undefined);
    };
    assert.ok(remembered(maxTlsSessions).every((known) => known));
    const [oldest, ...others] = remembered(maxTlsSessions + 1);
    assert.ok(!oldest && others.every((known) => known));
  });

  limit("maxTlsSessionAgeMs", "a session that old is resumed, an older one is not", () => {
    let nowMs = 0;
    const entry = new SessionCache({ now: () => undefined, monotonic: () => nowMs, set: () => {} }).forKey("x");
    entry.saveSession("", new Uint8Array([1]).buffer, new Uint8Array(1));
    nowMs = maxTlsSessionAgeMs;
    assert.ok(entry.getByHost("") !== undefined);
    nowMs++;
    assert.equal(entry.getByHost(""), undefined);
  });

  limit("maxTlsSendBytes", "as much goes in one record, a byte more in two, to a real server and back", async () => {
    assert.deepEqual(await recordsOf(maxTlsSendBytes), [maxTlsSendBytes]);
    assert.deepEqual(await recordsOf(maxTlsSendBytes + 1), [maxTlsSendBytes, 1]);
  });
});
