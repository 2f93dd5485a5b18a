/*
 * Issue 12: "Connections let go of what is spent." A TLS stream to a real server, when its handshake is over.
 */

import { resolve, SystemRandom } from "../../hosts/simulator/system.js";
import { XsClock } from "../../hosts/xs/clock.js";
import { PlainNetwork } from "../../hosts/xs/network.js";
import { XsTimers } from "../../hosts/xs/timers.js";
import type { ByteStream } from "../../modules/platform/byte-stream.js";
import { fromHex } from "../../modules/text/hex.js";
import { SecureNetwork } from "../../modules/tls/secure-network.js";
import { reachable, waysTo } from "../support/reachable.js";
import { unheard } from "../support/scripted-network.js";
import { assert, describe, environment, it } from "./harness.js";

const timers = new XsTimers();
const clock = new XsClock();
const network = new PlainNetwork(resolve);

describe("TLS: what is spent", () => {
  it("is let go of: no root and no option of the session once the handshake is over", async () => {
    const root = fromHex(environment("NERVESHUB_TLS_CERTIFICATE") ?? "")!;
    const secure = new SecureNetwork({ network, timers, clock, random: new SystemRandom() });
    const options = {
      host: "localhost",
      port: Number(environment("NERVESHUB_TLS_PEER")),
      connectTimeoutMs: 10_000,
      secure: { roots: [root] },
    };
    const stream = await new Promise<ByteStream>((done, fail) => {
      const opening = secure.open(options, { ...unheard, opened: () => done(opening), closed: fail });
      assert.ok(waysTo(reachable(opening), [root]).length > 0, "held until then");
    });
    const { _session: session } = stream as unknown as { _session: object };
    assert.deepEqual(waysTo(reachable(stream), [root]), []);
    for (const name of ["options", "masterSecret", "clientRandom", "serverRandom", "dhparams"])
      assert.ok(!Reflect.ownKeys(session).includes(name), name);
    stream.close();
  });
});
