/*
 * Issue 12: "Connections let go of what is spent." A TLS stream to a real server, when its handshake is over.
 */

import { resolve, SystemRandom } from "../../hosts/simulator/system.js";
import { XsClock } from "../../hosts/xs/clock.js";
import { PlainNetwork } from "../../hosts/xs/network.js";
import { XsTimers } from "../../hosts/xs/timers.js";
import type { ByteStream } from "../../modules/platform/byte-stream.js";
import { fromHex } from "../../modules/text/hex.js";
import { ClientSession } from "../../modules/tls/client-session.js";
import { Outgoing } from "../../modules/tls/outgoing.js";
import { RecordReader } from "../../modules/tls/record-reader.js";
import { SecureNetwork } from "../../modules/tls/secure-network.js";
import { ConfiguredRoots, ServerVerification } from "../../modules/tls/server-verification.js";
import { SessionCache } from "../../modules/tls/session-cache.js";
import { reachable, waysTo } from "../support/reachable.js";
import { unheard } from "../support/scripted-network.js";
import { assert, describe, environment, it } from "./harness.js";

const timers = new XsTimers();
const clock = new XsClock();
const network = new PlainNetwork(resolve);

const root = fromHex(environment("NERVESHUB_TLS_CERTIFICATE") ?? "")!;
const to = { host: "localhost", port: Number(environment("NERVESHUB_TLS_PEER")), connectTimeoutMs: 10_000 };
const random = new SystemRandom();

describe("TLS: what is spent", () => {
  it("is let go of: no root and no option of the session once the handshake is over", async () => {
    // A session of its own: a stream has it in a `#` field.
    const session = new ClientSession({
      serverName: to.host,
      identity: undefined,
      trust: new ServerVerification(new ConfiguredRoots([root]), to.host, clock),
      cache: new SessionCache(clock).forKey("spent"),
      maxFragmentLength: undefined,
    });
    assert.ok(waysTo(reachable(session), [root]).length > 0, "held until then");
    const [reader, outgoing] = [new RecordReader(), new Outgoing()];
    const stream = await new Promise<ByteStream>((done, fail) => {
      const proceed = (): void => {
        const over = session.proceed(reader, plain, outgoing, random);
        outgoing.flush();
        if (over) done(plain);
      };
      const plain: ByteStream = network.open(to, { ...unheard, opened: proceed, readable: proceed, closed: fail });
      outgoing.begin(plain);
    });
    assert.deepEqual(waysTo(reachable(session), [root]), []);
    for (const name of ["options", "masterSecret", "clientRandom", "serverRandom", "dhparams"])
      assert.ok(!Reflect.ownKeys(session).includes(name), name);
    stream.close();
  });

  it("or not to be reached: no master secret of a session that can be resumed, and none of the stream's own", async () => {
    const secure = new SecureNetwork({ network, timers, clock, random });
    const stream = await new Promise<ByteStream>((done, fail) => {
      const opening = secure.open(
        { ...to, secure: { roots: [root] } },
        { ...unheard, opened: () => done(opening), closed: fail },
      );
    });
    const ways = reachable([secure, stream]).map(({ way }) => way);
    assert.deepEqual(
      ways.filter((way) => /secret|entries|\._session\b/i.test(way)),
      [],
    );
    stream.close();
  });
});
