/*
 * What a ClientHello says, read from its bytes as the TCP stream gets them.
 */

import { XsTimers } from "../../../hosts/xs/timers.js";
import type {
  ByteStream,
  ByteStreamListener,
  ByteStreamOptions,
  Network,
  SecureOptions,
} from "../../../modules/platform/byte-stream.js";
import { sessionOptions } from "../../../modules/tls/client-session.js";
import { SecureNetwork } from "../../../modules/tls/secure-network.js";
import { assert, describe, it } from "../harness.js";

const timers = new XsTimers();
const clock = { now: () => Date.UTC(2026, 10, 21), monotonic: () => 0, set() {} };

/** Takes the first flight, and never says a word. */
class Recorder implements Network, ByteStream {
  bytes = new Uint8Array(0);

  open(_options: ByteStreamOptions, listener: ByteStreamListener): ByteStream {
    timers.set(() => listener.opened(), 0);
    return this;
  }
  write(bytes: Uint8Array): number {
    this.bytes = bytes.slice();
    return bytes.byteLength;
  }
  read(): number {
    return 0;
  }
  close(): void {}
}

/** The hello's extensions, by their number. */
function extensionsOf(record: Uint8Array): Map<number, Uint8Array> {
  const number = (at: number): number => (record[at] << 8) | record[at + 1];
  assert.deepEqual([record[0], number(3), record[5]], [22, record.byteLength - 5, 1]);
  // Record and message headers, version, random number; then session id, suites, compression methods.
  let at = 5 + 4 + 2 + 32;
  at += 1 + record[at];
  at += 2 + number(at);
  at += 1 + record[at];
  const end = at + 2 + number(at);
  assert.equal(end, record.byteLength);
  const found = new Map<number, Uint8Array>();
  for (at += 2; at < end; at += 4 + number(at + 2)) {
    assert.ok(!found.has(number(at)), `extension ${number(at)} twice`);
    found.set(number(at), record.subarray(at + 4, at + 4 + number(at + 2)));
  }
  return found;
}

async function hello(host: string, secure: SecureOptions = {}): Promise<Map<number, Uint8Array>> {
  const recorder = new Recorder();
  const network = new SecureNetwork({ network: recorder, timers, clock, random: { fill() {} } });
  const stream = await new Promise<ByteStream>((resolve, reject) => {
    const opened = network.open(
      { host, port: 443, connectTimeoutMs: 1000, secure },
      { opened() {}, readable() {}, writable() {}, closed: reject },
    );
    timers.set(() => resolve(opened), 1);
  });
  stream.close();
  return extensionsOf(recorder.bytes);
}

/** The one name in the extension server_name; undefined without the extension. */
async function sniOf(host: string, secure?: SecureOptions): Promise<string | undefined> {
  const extension = (await hello(host, secure)).get(0);
  if (!extension) return undefined;
  const length = extension.byteLength - 5;
  assert.deepEqual([...extension.subarray(0, 5)], [0, length + 3, 0, 0, length]);
  return String.fromArrayBuffer(extension.slice(5).buffer as ArrayBuffer);
}

describe("ClientHello", () => {
  it("names the server when it is known by a name, in lower case and without a final dot", async () => {
    assert.equal(await sniOf("hub.example"), "hub.example");
    assert.equal(await sniOf("HUB.Example."), "hub.example");
    assert.equal(await sniOf("localhost"), "localhost");
    assert.equal(await sniOf("192.0.2.1", { serverName: "hub.example" }), "hub.example");
  });

  it("names the server under both names that SDKs read, or under none", () => {
    const rest = {
      identity: undefined,
      trust: { verify() {} },
      cache: { getByHost: () => undefined, saveSession() {}, deleteSessionID() {} },
      maxFragmentLength: undefined,
    };
    const named = sessionOptions({ ...rest, serverName: "hub.example" });
    assert.deepEqual([named.serverName, named.tls_server_name], ["hub.example", "hub.example"]);
    const unnamed = sessionOptions({ ...rest, serverName: undefined });
    assert.deepEqual(["serverName" in unnamed, "tls_server_name" in unnamed], [false, false]);
  });

  it("names no address", async () => {
    for (const host of [
      "192.0.2.1",
      "192.0.2.1.",
      "127.1",
      "::1",
      "[::1]",
      "2001:DB8::8a2e:370:7334",
      "::ffff:192.0.2.1",
      "fe80::1%eth0",
    ])
      assert.equal(await sniOf(host), undefined, host);
    assert.equal(await sniOf("hub.example", { serverName: "192.0.2.1" }), undefined);
  });

  it("names nothing that is no host name in ASCII", async () => {
    assert.equal(await sniOf("hüb.example"), undefined);
    assert.equal(await sniOf("hub..example"), undefined);
  });

  it("offers P-256 before P-384, and the signatures that are verified", async () => {
    const extensions = await hello("hub.example");
    assert.deepEqual([...extensions.get(10)!], [0, 4, 0, 23, 0, 24]);
    assert.deepEqual([...extensions.get(11)!], [1, 0]);
    assert.deepEqual([...extensions.get(13)!], [0, 12, 4, 3, 4, 1, 5, 3, 5, 1, 6, 3, 6, 1]);
  });
});
