import type { Archive } from "../../../src/features/archives/archive.js";
import type { ArchiveWriter } from "../../../src/features/archives/archive-writer.js";
import { Archives } from "../../../src/features/archives/archives.js";
import { type Answer, FileServer } from "../../support/file-server.js";
import { assert, describe, it } from "../../support/harness.js";
import { Stage } from "../../support/stage.js";
import { runTimers } from "../../support/update-scene.js";
import { VirtualNetwork } from "../../support/virtual-network.js";

const bytes = new Uint8Array(10_000).map((_, i) => (i * 7) & 255);
const offer = {
  size: bytes.byteLength,
  uuid: "38bc568f-3cd6-5b91-fc64-1c35a6ed9dc0",
  version: "2.0.0",
  description: "Test archive",
  platform: "generic",
  architecture: "generic",
  uploaded_at: "2026-11-21T19:14:01",
  url: "http://files.test:4001/uploads/archives/a.fw?signature=credential",
};

class Scene implements ArchiveWriter {
  readonly stage = new Stage();
  readonly files = new FileServer(bytes);
  readonly asked: Archive[] = [];
  calls: string[] = [];
  received: number[] = [];
  answer: "download" | "ignore" = "download";
  refuses = "";
  archives = this.make();

  make(): Archives {
    const { stage, files } = this;
    const { core } = stage;
    Object.assign(stage.platform, {
      network: new VirtualNetwork(stage.timers, new Map([[4001, files.accept.bind(files)]])),
    });
    this.archives = core.install(
      new Archives({
        available: (archive) => {
          this.asked.push(archive);
          return this.answer;
        },
        writer: this,
      }),
    );
    return this.archives;
  }

  offer(payload: unknown): void {
    assert.ok(this.archives.message("archive", payload));
  }

  begin(): void {
    this.#call("begin");
    this.received = [];
  }
  write(chunk: Uint8Array): void {
    this.#call("write");
    for (const byte of chunk) this.received.push(byte); // a spread of 4,096 arguments overflows the stack of XS
  }
  finish(): void {
    this.#call("finish");
  }
  abort(): void {
    this.#call("abort");
  }

  #call(name: string): void {
    if (this.calls.at(-1) !== name) this.calls.push(name);
    if (this.refuses === name) throw new Error(`${name} refused`);
  }
}

describe("archives", () => {
  it("streams an archive into the application's writer and is not asked about it again, also after a restart", () => {
    const scene = new Scene();
    scene.offer(offer);
    scene.stage.timers.advance(60_000);
    assert.deepEqual(scene.calls, ["begin", "write", "finish"]);
    assert.deepEqual(scene.received, [...bytes]);
    const { url: _url, uploaded_at: _at, ...rest } = offer;
    assert.deepEqual(scene.asked, [{ ...rest, uploadedAt: "2026-11-21T19:14:01Z" }]);
    scene.offer(offer);
    scene.make();
    scene.offer(offer);
    scene.stage.timers.advance(60_000);
    assert.equal(scene.asked.length, 1);
    assert.ok(!scene.stage.printed.some((line) => line.includes("credential")));
  });

  it("leaves an archive that the application does not want, and asks again at the next join", () => {
    const scene = new Scene();
    scene.answer = "ignore";
    scene.offer(offer);
    scene.offer(offer);
    scene.stage.timers.advance(60_000);
    assert.equal(scene.files.requests, 0);
    assert.equal(scene.asked.length, 2);
  });

  it("resumes a download that breaks off", () => {
    const scene = new Scene();
    scene.files.answer = ({ number }): Answer | undefined =>
      number === 1 ? { cutAfter: 4321, breakAs: "reset" } : undefined;
    scene.offer(offer);
    scene.stage.timers.advance(600_000);
    assert.deepEqual(scene.received, [...bytes]);
    assert.equal(scene.calls.at(-1), "finish");
  });

  it("a file of another size is aborted and never finished", () => {
    for (const size of [9999, 10_001]) {
      const scene = new Scene();
      scene.offer({ ...offer, size });
      scene.stage.timers.advance(7 * 24 * 3_600_000);
      assert.ok(!scene.calls.includes("finish"), String(size));
      assert.equal(scene.archives.taken, undefined);
      assert.equal(scene.stage.timers.count, 0);
    }
  });

  it("what the writer throws ends it, with its words in the log", () => {
    for (const refuses of ["begin", "write", "finish", "abort"]) {
      const scene = new Scene();
      scene.refuses = refuses;
      scene.offer(refuses === "abort" ? { ...offer, size: 5 } : offer);
      scene.stage.timers.advance(3_600_000);
      assert.equal(scene.archives.taken, undefined);
      assert.ok(
        scene.stage.printed.some((line) => line.includes(`${refuses} refused`)),
        refuses,
      );
    }
  });

  it("waits while an update runs, and gives way to one that comes", () => {
    const scene = new Scene();
    scene.stage.core.update.busy = true;
    scene.offer(offer);
    scene.stage.timers.advance(600_000);
    assert.equal(scene.files.requests, 0);
    scene.files.answer = ({ number }): Answer | undefined =>
      number === 1 ? { cutAfter: 4321, breakAs: "silence" } : undefined;
    scene.stage.core.update.busy = false;
    scene.stage.timers.advance(30_003);
    assert.equal(scene.files.requests, 1);
    scene.stage.core.update.busy = true;
    scene.archives.updating();
    assert.equal(scene.calls.at(-1), "abort");
    scene.stage.timers.advance(600_000);
    assert.equal(scene.files.requests, 1);
    scene.stage.core.update.busy = false;
    scene.stage.timers.advance(60_000);
    assert.equal(scene.calls.at(-1), "finish");
    assert.deepEqual(scene.received, [...bytes]);
  });

  it("are refused by name where there is nowhere to put one", () => {
    const { core } = new Stage();
    assert.throws(
      () => core.install(new Archives({} as never)),
      ({ message }) => message.includes('Option "archives.writer" must be an object'),
    );
  });

  it("survives offers of any shape", () => {
    const scene = new Scene();
    for (const payload of [
      null,
      undefined,
      5,
      {},
      { ...offer, url: "" },
      { ...offer, size: -1 },
      { ...offer, uuid: 5 },
      { ...offer, url: "x".repeat(8000) },
    ])
      scene.offer(payload);
    assert.deepEqual(scene.asked, []);
    scene.offer({ ...offer, url: "nonsense" });
    scene.stage.timers.advance(3_600_000);
    assert.equal(scene.calls.at(-1), "abort");
  });

  for (const status of [403, 404, 500, 503])
    it(`13.19 answered ${status}, it is tried again after a delay that grows, in words of its own`, async () => {
      const scene = new Scene();
      const asked: number[] = [];
      scene.files.answer = () => {
        asked.push(scene.stage.timers.now);
        return asked.length < 6 ? { status } : undefined;
      };
      scene.offer(offer);
      assert.ok(await runTimers(scene.stage.timers, () => scene.calls.at(-1) === "finish", 24 * 3_600_000));
      const printed = scene.stage.printed.join("\n");
      if (status < 500) assert.match(printed, /The archive could not be downloaded: .* It is tried again in 2 min\./);
      assert.ok(!/NervesHub will offer the update|The update/.test(printed), printed);
      assert.deepEqual(scene.received, [...bytes]);
    });

  it("13.19 one that is never to be had is given up after some tries, until the next offer", async () => {
    const scene = new Scene();
    scene.files.answer = () => ({ status: 403 });
    scene.offer(offer);
    await runTimers(scene.stage.timers, () => false, 30 * 24 * 3_600_000);
    assert.equal(scene.files.requests, 8);
    assert.match(scene.stage.printed.at(-1) ?? "", /The server offers it again after the next join/);
    scene.files.answer = () => undefined;
    scene.offer({ ...offer, url: `${offer.url}2` });
    assert.ok(await runTimers(scene.stage.timers, () => scene.calls.at(-1) === "finish", 3_600_000));
  });

  it("13.19 a new URL while it waits is used at once", async () => {
    const scene = new Scene();
    scene.files.answer = ({ url }) => (url.includes("fresh") ? undefined : { status: 403 });
    scene.offer(offer);
    await runTimers(scene.stage.timers, () => scene.stage.printed.join().includes("tried again"), 60_000);
    scene.offer({ ...offer, url: `${offer.url}-fresh` });
    assert.ok(await runTimers(scene.stage.timers, () => scene.calls.at(-1) === "finish", 60_000));
    assert.equal(scene.files.requests, 2);
  });

  it("item 8: over http, where the hub is reached over TLS, is not taken: it has no checksum", () => {
    const scene = new Scene();
    scene.stage.core.tls = true;
    scene.make();
    scene.offer(offer);
    scene.stage.timers.advance(60_000);
    assert.deepEqual(scene.calls, []);
    assert.equal(scene.files.requests, 0);
    assert.match(scene.stage.printed.join(), /The archive was not taken: .* over http: without a checksum/);
    scene.offer({ ...offer, url: offer.url.replace("http:", "https:") });
    scene.stage.timers.advance(60_000);
    assert.deepEqual(scene.calls, ["begin", "write", "finish"]);
  });

  it("a writer may be async: an update that comes waits for the call that runs, and the next begin for the abort", async () => {
    const scene = new Scene();
    const slow = (call: string): Promise<void> =>
      new Promise((done) => {
        scene.calls.push(`${call}…`);
        scene.stage.timers.set(() => {
          scene.calls.push(call);
          done();
        }, 40_000);
      });
    const writer: ArchiveWriter = {
      begin: () => slow("begin"),
      write: () => {
        scene.calls.push("write");
      },
      finish: () => slow("finish"),
      abort: () => slow("abort"),
    };
    Object.assign(scene, writer);
    scene.offer(offer);
    await runTimers(scene.stage.timers, () => false, 10_000);
    assert.equal(scene.files.requests, 0);
    scene.archives.updating();
    await runTimers(scene.stage.timers, () => scene.archives.taken !== undefined, 600_000);
    const order = scene.calls.filter((call, at) => call !== scene.calls[at - 1]);
    const [begin, abort, finish] = ["begin", "abort", "finish"].map((call) => [`${call}…`, call]);
    assert.deepEqual(order, [...begin, ...abort, ...begin, "write", ...finish]);
    assert.equal(scene.archives.taken, offer.uuid);
  });

  it("counts as wanted by the word alone, and a finish that rejects is no finish", async () => {
    for (const answer of ["Download", true, {}, Promise.resolve("download")]) {
      const scene = new Scene();
      scene.answer = answer as "download";
      scene.offer(offer);
      await runTimers(scene.stage.timers, () => false, 60_000);
      assert.equal(scene.files.requests, 0);
      assert.ok(scene.stage.printed.some((line) => line.includes("archives.available: it returned")));
    }
    const scene = new Scene();
    Object.assign(scene, { finish: () => Promise.reject(new Error("the card is full")) });
    scene.offer(offer);
    await runTimers(scene.stage.timers, () => false, 60_000);
    assert.equal(scene.archives.taken, undefined);
    assert.equal(scene.calls.at(-1), "abort");
    assert.ok(scene.stage.printed.some((line) => line.includes("the card is full")));
  });
});
