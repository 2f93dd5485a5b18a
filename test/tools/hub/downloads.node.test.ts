/*
 * Downloads as a storage provider serves them, and every fault a download can be given.
 */

import { afterEach, assert, beforeEach, describe, fixture, it } from "../../support/harness.js";
import { Desk, newUuid } from "../../support/hub/desk.js";

const file = Buffer.from(fixture("transcripts/fixtures/app-1.1.0.bin"));

describe("desk hub, downloads", () => {
  let desk: Desk;
  let url: string;

  beforeEach(async () => {
    desk = await new Desk({ urlLifetimeMs: 60_000 }).start("app-1.1.0.bin");
    url = await offered(desk);
  });

  afterEach(() => desk.stop());

  const get = (headers: { [name: string]: string } = {}) => fetch(url, { headers, redirect: "manual" });
  const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());
  const broken = (response: Response) =>
    bytes(response).then(
      () => false,
      () => true,
    );

  it("serve the whole file with its length and a validator", async () => {
    const response = await get();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-length"), String(file.length));
    assert.ok((await bytes(response)).equals(file));
    const again = await get({ "if-none-match": response.headers.get("etag")! });
    assert.equal(again.status, 304);
  });

  it("serve a range as 206 with Content-Range", async () => {
    const response = await get({ range: "bytes=8000-99999" });
    assert.equal(response.status, 206);
    assert.equal(response.headers.get("content-range"), "bytes 8000-8527/8528");
    assert.ok((await bytes(response)).equals(file.subarray(8000)));
  });

  it("answer a range behind the end with 416", async () => {
    const response = await get({ range: "bytes=8528-" });
    assert.equal(response.status, 416);
    assert.equal(response.headers.get("content-range"), "bytes */8528");
  });

  it("refuse HEAD, since the signature covers GET", async () => {
    assert.equal((await fetch(url, { method: "HEAD" })).status, 403);
  });

  it("refuse a URL whose signature was changed", async () => {
    assert.equal((await fetch(`${url.slice(0, -1)}${url.endsWith("0") ? "1" : "0"}`)).status, 403);
  });

  it("refuse a URL that has expired", async () => {
    desk.timers.advance(60_000);
    assert.equal((await get()).status, 403);
  });

  it("do not say the URL in the timeline", async () => {
    await bytes(await get());
    const texts = JSON.stringify(desk.hub.timeline.entries());
    assert.ok(!texts.includes(new URL(url).searchParams.get("signature")!));
  });

  describe("with a fault", () => {
    it("truncate: the file seems shorter", async () => {
      desk.hub.faults.set({ kind: "truncate", after: 100 });
      const response = await get();
      assert.equal(response.headers.get("content-length"), "100");
      assert.equal((await bytes(response)).length, 100);
    });

    it("drop: the connection breaks in the middle", async () => {
      desk.hub.faults.set({ kind: "drop", after: 100 });
      assert.equal(await broken(await get()), true);
    });

    it("drop: before the first byte, behind the head", async () => {
      desk.hub.faults.set({ kind: "drop", after: 0 });
      const response = await get();
      assert.equal(response.status, 200);
      assert.equal(await broken(response), true);
    });

    it("stall: nothing more comes, and the connection stays", async () => {
      desk.hub.faults.set({ kind: "stall", after: 100 });
      const reader = (await get()).body!.getReader();
      assert.equal((await reader.read()).value?.length, 100);
      const more = reader.read().then(
        () => "more",
        () => "broken",
      );
      assert.equal(await Promise.race([more, get().then(() => "still nothing")]), "still nothing");
      await reader.cancel();
    });

    it("corrupt: one bit of one byte is wrong", async () => {
      desk.hub.faults.set({ kind: "corrupt", at: 4000 });
      const body = await bytes(await get());
      const wrong = [...body.keys()].filter((i) => body[i] !== file[i]);
      assert.deepEqual(wrong, [4000]);
    });

    it("corrupt: inside a range too", async () => {
      desk.hub.faults.set({ kind: "corrupt", at: 4000 });
      const body = await bytes(await get({ range: "bytes=3990-4009" }));
      assert.equal(body[10], file[4000] ^ 1);
    });

    it("overlong: more bytes than the update said", async () => {
      desk.hub.faults.set({ kind: "overlong", extra: 5 });
      assert.equal((await bytes(await get())).length, file.length + 5);
    });

    it("ignore-range: 200 and everything", async () => {
      desk.hub.faults.set({ kind: "ignore-range" });
      const response = await get({ range: "bytes=100-" });
      assert.equal(response.status, 200);
      assert.equal((await bytes(response)).length, file.length);
    });

    it("wrong-content-range: 206 from elsewhere", async () => {
      desk.hub.faults.set({ kind: "wrong-content-range", offset: -50 });
      const response = await get({ range: "bytes=100-199" });
      assert.equal(response.headers.get("content-range"), "bytes 50-149/8528");
    });

    it("swap: another file under the same URL, with another validator", async () => {
      const before = (await get()).headers.get("etag");
      desk.hub.faults.set({ kind: "swap" });
      const response = await get();
      assert.ok(response.headers.get("etag") !== before);
      const body = await bytes(response);
      assert.equal(body.length, file.length);
      assert.ok(!body.equals(file));
    });

    for (const status of [403, 404, 429, 500, 503]) {
      it(`status ${status}, with Retry-After`, async () => {
        desk.hub.faults.set({ kind: "status", status, retryAfter: 7 });
        const response = await get();
        assert.equal(response.status, status);
        assert.equal(response.headers.get("retry-after"), "7");
      });
    }

    it("redirect: to the same file under another name", async () => {
      desk.hub.faults.set({ kind: "redirect" });
      const response = await get();
      assert.equal(response.status, 302);
      const location = new URL(response.headers.get("location")!);
      assert.equal(location.hostname, "localhost");
      assert.equal(location.pathname, new URL(url).pathname);
    });

    it("holds for as many requests as asked for, one fault after the other", async () => {
      desk.hub.faults.set({ kind: "status", status: 503 }, 2);
      desk.hub.faults.set({ kind: "status", status: 404 });
      const statuses = [];
      for (let i = 0; i < 4; i++) statuses.push((await get()).status);
      assert.deepEqual(statuses, [503, 503, 404, 200]);
    });
  });

  it("are paced when asked to: a second's worth a second", async () => {
    const slow = await new Desk({ downloadBytesPerSecond: 4000 }).start("app-1.1.0.bin");
    const reader = (await fetch(await offered(slow))).body!.getReader();
    let length = 0;
    for (let seconds = 0; seconds < 2; seconds++) {
      slow.timers.advance(1000);
      while (length < (seconds + 1) * 4000) length += (await reader.read()).value?.length ?? 0;
    }
    assert.ok(length <= 8400, `${length} bytes in two seconds`);
    await reader.cancel();
    await slow.stop();
  });
});

/** Lets a device join and gives the URL that it is offered. */
async function offered(desk: Desk): Promise<string> {
  const device = await desk.device("downloader");
  desk.timers.advance(1000);
  const update = await device.pushed("update");
  assert.equal((update["firmware_meta"] as { uuid: string }).uuid, newUuid);
  return update["firmware_url"] as string;
}
