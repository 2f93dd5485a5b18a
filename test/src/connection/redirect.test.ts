import { Fault } from "../../../modules/fault/fault.js";
import { SharedSecret } from "../../../src/connection/credentials.js";
import { type Place, redirectLocation } from "../../../src/connection/redirect.js";
import { assert, describe, it } from "../../support/harness.js";

const credentials = new SharedSecret("nhp_x", "s", "dev-01");
const from: Place = { host: "hub.test", port: 443, ssl: true, path: "/device-socket/websocket?vsn=2.0.0" };

function follow(location: string | undefined, place = from, count = 0): Place | string {
  const headers = new Map(location === undefined ? [] : [["location", location] as const]);
  const result = redirectLocation(place, { status: 301, reason: "", headers, body: "" }, credentials, count);
  return result instanceof Fault ? result.code : result;
}

describe("redirect of the upgrade", () => {
  it("leads to another host, with http meaning ws and https wss", () => {
    const moved = { ...from, host: "new.test" };
    assert.deepEqual(follow("https://new.test/device-socket/websocket?vsn=2.0.0"), moved);
    assert.deepEqual(follow("wss://new.test/device-socket/websocket?vsn=2.0.0"), moved);
    assert.deepEqual(follow("//new.test/device-socket/websocket?vsn=2.0.0"), moved);
  });

  it("leads to another path or port of the same host", () => {
    assert.deepEqual(follow("/eu/device-socket/websocket?vsn=2.0.0"), {
      ...from,
      path: "/eu/device-socket/websocket?vsn=2.0.0",
    });
    assert.deepEqual(follow("wss://hub.test:8443/device-socket/websocket?vsn=2.0.0"), { ...from, port: 8443 });
  });

  it("gets back the protocol version that a front has dropped", () => {
    assert.deepEqual(follow("https://new.test/device-socket/websocket"), { ...from, host: "new.test" });
    const path = "/device-socket/websocket?region=eu&vsn=2.0.0";
    assert.deepEqual(follow("https://new.test/device-socket/websocket?region=eu"), { ...from, host: "new.test", path });
  });

  it("leads from a plain connection to TLS, and never back", () => {
    const plain = { ...from, port: 80, ssl: false };
    assert.deepEqual(follow("https://hub.test/device-socket/websocket?vsn=2.0.0", plain), from);
    assert.equal(follow("http://hub.test/device-socket/websocket?vsn=2.0.0"), "redirect-to-plain");
    assert.equal(follow("ws://hub.test/device-socket/websocket?vsn=2.0.0"), "redirect-to-plain");
  });

  it("is left after five in a row", () => {
    const location = "https://new.test/device-socket/websocket?vsn=2.0.0";
    assert.deepEqual(follow(location, from, 4), { ...from, host: "new.test" });
    assert.equal(follow(location, from, 5), "too-many-redirects");
  });

  it("to anything but a device socket is a wrong path: the endpoint sends everything else to its documentation", () => {
    const elsewhere = [
      "https://docs.nerves-hub.org/",
      "https://new.test/login?next=/websocket",
      "ftp://x/websocket",
      undefined,
    ];
    for (const location of elsewhere) assert.equal(follow(location), "wrong-path", location);
  });
});
