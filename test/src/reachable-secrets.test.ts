/*
 * Issue 12, item 5: TypeScript's `private` protects nothing at run time, and an application's commands and an operator's
 * prompt may see the link. So a walk over everything that can be reached from one, by every property there is, finds no
 * secret, no key and no signed URL.
 */

import { decodeUtf8 } from "../../modules/text/utf8.js";
import { ClientCertificate } from "../../src/features/client-certificate/client-certificate.js";
import { assert, describe, fixture, it } from "../support/harness.js";
import { LinkScene } from "../support/link-scene.js";
import { reachable, waysTo } from "../support/reachable.js";
import { image, UpdateScene } from "../support/update-scene.js";
import { filePort } from "../support/virtual-device.js";

const secret = "a-secret-that-nobody-reaches-0123456789";
describe("12.5 what can be reached from a link", () => {
  it("is found by the walk", () => {
    const holder = { a: [new Map([["b", { _c: secret }]])] };
    assert.deepEqual(waysTo(reachable(holder), [secret]), [".a.0<b>._c"]);
  });

  it("holds no shared secret, while it connects, when it has joined, and between two attempts", () => {
    const auth = { productKey: "nhp_virtual", productSecret: secret, identifier: "virtual" };
    const scene = new LinkScene({ auth, console: true, scripts: true, localShell: true });
    for (const ms of [1, 10, 10_000]) {
      scene.advance(ms);
      assert.deepEqual(waysTo(reachable(scene.device.link!), [secret]), [], `after ${ms} ms`);
    }
    assert.equal(scene.device.link?.connected, true);
    scene.down();
    scene.advance(500);
    assert.deepEqual(waysTo(reachable(scene.device.link!), [secret]), []);
  });

  it("holds no private key, in PEM or DER, before the link was made and after", () => {
    const text = (name: string): string => decodeUtf8(fixture(`x509/${name}`));
    const key = text("p256-sec1.pem");
    const auth = new ClientCertificate({ certificate: text("p256-certificate.pem"), key });
    const wanted = [key, fixture("x509/p256-pkcs8.der"), fixture("x509/p256-sec1.der")];
    assert.deepEqual(waysTo(reachable(auth), wanted), []);
    const scene = new LinkScene({ ssl: true, auth });
    scene.advance(10_000);
    assert.deepEqual(waysTo(reachable(scene.device.link!), wanted), []);
  });

  it("holds no signed URL while an update is downloaded", async () => {
    const scene = new UpdateScene({
      before: image("1.0.0", 1, 8192),
      after: image("1.1.0", 2, 262_144),
      url: () => `http://files.test:${filePort}/fw.bin?signature=${secret}`,
    });
    scene.device.powerOn();
    // The store has it for a restart, and who reads that reaches the URL. Nothing of the link holds it beside.
    let ways: string[] = [];
    let looked = 0;
    const look = (): boolean => {
      const { link, platform } = scene.device;
      ways = waysTo(reachable(link!, [platform!.store]), [secret]).filter((way) => !way.endsWith("records.source.url"));
      return ways.length > 0 || (scene.files.requests > 0 && ++looked > 3);
    };
    assert.ok(await scene.run(look, 600_000));
    assert.deepEqual(ways, []);
    assert.ok(scene.files.requests > 0);
  });
});
