/*
 * Item 8: with TLS to the hub, a file over http: is taken only with a checksum of the whole, which the hub has said.
 */

import type { FirmwareWriter } from "../../../src/features/firmware-writer/firmware-writer.js";
import type { LinkOptions } from "../../../src/options.js";
import { maxReasonCharacters } from "../../../src/update/report.js";
import { checkTransport } from "../../../src/update/transport.js";
import { FaultyFlash } from "../../support/faulty-flash.js";
import { assert, describe, it } from "../../support/harness.js";
import { image, type SceneOptions, UpdateScene } from "../../support/update-scene.js";
import { filePort, hubPort } from "../../support/virtual-device.js";

const hour = 3600000;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 300_000);
const http = `http://files.test:${filePort}/firmware.bin?signature=secret`;
const https = `https://files.test:${filePort}/firmware.bin?signature=secret`;
/** What the last tagged release sends with a push by hand. */
const bare = { checksum: null, partials_checksums: null, size: null, deployment_id: null };
const cases: [string, Partial<SceneOptions>][] = [
  ["no checksum", { message: { checksum: null, partials_checksums: null } }],
  ["neither checksum nor size, pushed by hand", { message: bare }],
  ["checksums of parts alone", { message: { checksum: null } }],
  ["a URL in capitals", { message: bare, url: () => http.replace("http://files", "HTTP://FILES") }],
];

function words(scene: UpdateScene): string[] {
  return scene.hub.reports
    .filter(({ event }) => event === "status_update")
    .map(({ payload }) => String(payload["status"]));
}

function reason(scene: UpdateScene): string {
  return String(scene.hub.reports.find(({ payload }) => payload["status"] === "rescheduled")?.payload["reason"]);
}

/** A device that reaches its hub over TLS: the network in memory carries both alike. */
function secureScene(options: Partial<SceneOptions>): UpdateScene {
  return new UpdateScene({ before, after, ...options, link: { ssl: true, ...options.link } });
}

class Recorder implements FirmwareWriter {
  readonly calls: string[] = [];
  begin(): void {
    this.calls.push("begin");
  }
  write(): void {}
  finish(): void {
    this.calls.push("finish");
  }
  abort(): void {
    this.calls.push("abort");
  }
}

describe("item 8: a download over http: without a checksum, where the hub is reached over TLS", () => {
  for (const [name, options] of cases) {
    it(`is put off with the remedy and costs neither a request nor a byte of flash: ${name}`, async () => {
      let flash: FaultyFlash | undefined;
      const newFlash = (size: number): FaultyFlash => {
        flash = new FaultyFlash(size, 16);
        return flash;
      };
      const scene = secureScene({ ...options, newFlash });
      scene.device.powerOn();
      await scene.run(() => words(scene).includes("rescheduled"), hour);
      assert.deepEqual(words(scene), ["received", "rescheduled"]);
      assert.match(reason(scene), /over http: without a checksum.*https.*2\.4\.0/);
      assert.equal(scene.files.requests, 0);
      assert.equal(scene.hub.blocked, false);
      const { offset, size } = scene.table.slots[1];
      assert.deepEqual(
        flash!.erases.filter(([at]) => at >= offset && at < offset + size),
        [],
      );
      assert.equal(scene.version, "1.0.0");
    });
  }

  it("is taken with the checksum of the whole, and only then", async () => {
    const scene = secureScene({ message: { partials_checksums: null } });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.join("\n"));
  });

  it("never becomes the new image when the bytes are not those of the checksum", async () => {
    const other = image("1.1.0", 2, 300_000);
    other[200_000] ^= 1;
    const scene = secureScene({ message: { partials_checksums: null } });
    scene.files.file = other;
    scene.device.powerOn();
    await scene.run(() => scene.hub.blocked, hour);
    assert.equal(words(scene).at(-1), "failed");
    assert.equal(scene.version, "1.0.0");
  });

  it("is taken over https: without any checksum", async () => {
    const scene = secureScene({ message: bare, url: () => https });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.join("\n"));
  });

  it("is taken where the hub is not reached over TLS, as ever", async () => {
    const scene = new UpdateScene({ before, after, message: bare });
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), scene.device.lines.join("\n"));
  });

  it("never reaches an application's own writer", async () => {
    const writer = new Recorder();
    const scene = secureScene({ message: bare, link: { writer } });
    scene.device.powerOn();
    await scene.run(() => words(scene).includes("rescheduled"), hour);
    assert.deepEqual(writer.calls, []);
    assert.equal(scene.files.requests, 0);
  });

  it("is not where https: may be redirected to", async () => {
    const scene = secureScene({ message: bare, url: () => https });
    let plain = 0;
    scene.files.answer = ({ url }) => {
      if (url.startsWith("/plain")) plain++;
      return { status: 302, headers: [`location: http://files.test:${filePort}/plain\r\n`] };
    };
    scene.device.powerOn();
    await scene.run(() => words(scene).includes("rescheduled"), hour);
    assert.match(reason(scene), /from https to http/);
    assert.equal(plain, 0);
  });

  it("is not what an interrupted download goes on with when its URL is renewed", async () => {
    let url = https;
    const scene = secureScene({ message: bare, url: () => url });
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 150_000 } : undefined);
    scene.device.powerOn();
    await scene.run(() => scene.files.requests === 1, hour);
    url = http;
    scene.hub.offerAgain();
    await scene.run(() => words(scene).includes("rescheduled"), hour);
    assert.match(reason(scene), /over http: without a checksum/);
    assert.equal(scene.files.requests, 1);
  });

  it("is not what a restart goes on with, whatever the store remembers", async () => {
    const link: Partial<LinkOptions> = { ssl: false };
    const scene = new UpdateScene({ before, after, message: bare, link });
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 150_000, breakAs: "silence" } : undefined);
    scene.device.powerOn();
    await scene.run(() => scene.files.served >= 150_000, hour);
    const { requests } = scene.files;
    // Provisioned with TLS meanwhile: the record is of a time without it.
    link.ssl = true;
    scene.device.powerOn();
    await scene.run(() => words(scene).includes("rescheduled"), hour);
    assert.match(reason(scene), /over http: without a checksum/);
    assert.equal(scene.files.requests, requests);
  });

  for (const scheme of ["https", "wss"]) {
    it(`is put off as well where ssl is false and the hub redirects the upgrade to ${scheme}`, async () => {
      const scene = new UpdateScene({ before, after, message: bare, link: { ssl: false } });
      scene.hub.redirect = `${scheme}://hub.test:${hubPort}/device-socket/websocket?vsn=2.0.0`;
      scene.device.powerOn();
      await scene.run(() => words(scene).includes("rescheduled"), hour);
      assert.match(reason(scene), /over http: without a checksum/);
      assert.equal(scene.files.requests, 0);
      assert.equal(scene.version, "1.0.0");
    });
  }

  it("is taken where the redirect leads to another plain place", async () => {
    const scene = new UpdateScene({ before, after, message: bare, link: { ssl: false } });
    scene.hub.redirect = `ws://hub.test:${hubPort}/device-socket/websocket?vsn=2.0.0`;
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour));
  });

  it("is refused in a sentence that the server keeps whole", () => {
    assert.throws(
      () => checkTransport({ url: http, checksum: undefined }, true),
      ({ message }) => message.length <= maxReasonCharacters && !message.includes("secret"),
    );
  });
});
