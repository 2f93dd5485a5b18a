import type { FirmwareWriter } from "../../../src/features/firmware-writer/firmware-writer.js";
import { assert, describe, it } from "../../support/harness.js";
import { image, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const before = image("1.0.0", 1, 8192);
const after = image("1.1.0", 2, 8192);

class Recorder implements FirmwareWriter {
  readonly calls: string[] = [];
  bytes = 0;

  begin(size: number | undefined): void {
    this.calls.push(`begin ${size}`);
    this.bytes = 0;
  }
  write(chunk: Uint8Array): void {
    this.bytes += chunk.byteLength;
  }
  finish(): void {
    this.calls.push("finish");
  }
  abort(): void {
    this.calls.push("abort");
  }
}

function statuses(scene: UpdateScene): string[] {
  return scene.hub.reports
    .filter(({ event }) => event === "status_update")
    .map(({ payload }) => String(payload["status"]));
}

describe("update: an application's own writer", () => {
  it("gets every byte between begin and finish, and finish only after the checksum was right", async () => {
    const writer = new Recorder();
    const scene = new UpdateScene({ before, after, link: { writer } });
    scene.device.powerOn();
    await scene.run(() => statuses(scene).includes("completed"), minute);
    assert.deepEqual(writer.calls, [`begin ${after.byteLength}`, "finish"]);
    assert.equal(writer.bytes, after.byteLength);
  });

  it("never finishes a file whose checksum is wrong", async () => {
    const writer = new Recorder();
    const message = { checksum: "0".repeat(64), partials_checksums: null };
    const scene = new UpdateScene({ before, after, message, link: { writer } });
    scene.device.powerOn();
    await scene.run(() => statuses(scene).includes("failed"), minute);
    // Twice: the first time may have been damage on the way.
    const once = [`begin ${after.byteLength}`, "abort"];
    assert.deepEqual(writer.calls, [...once, ...once]);
  });

  it("refuses by throwing, and its message is the reason", async () => {
    const writer = new Recorder();
    writer.begin = () => {
      throw new Error("no room on the card");
    };
    const scene = new UpdateScene({ before, after, link: { writer } });
    scene.device.powerOn();
    await scene.run(() => statuses(scene).includes("failed"), minute);
    const said = scene.hub.reports.find(({ payload }) => payload["status"] === "failed");
    assert.equal(said?.payload["reason"], "no room on the card");
    assert.equal(scene.files.requests, 0);
  });

  it("goes on at the very byte after a lost connection", async () => {
    const writer = new Recorder();
    const scene = new UpdateScene({ before, after, link: { writer } });
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 3000 } : undefined);
    scene.device.powerOn();
    await scene.run(() => statuses(scene).includes("completed"), 5 * minute);
    assert.equal(scene.files.served, after.byteLength);
    assert.equal(writer.bytes, after.byteLength);
  });

  it("may be async: one call at a time, and nothing is read from the network meanwhile", async () => {
    const large = image("1.1.0", 2, 40_960);
    const received: number[] = [];
    let running = 0;
    let most = 0;
    let ahead = 0;
    const scene: UpdateScene = new UpdateScene({
      before,
      after: large,
      link: {
        writer: {
          begin: () => call(),
          write: async (chunk) => {
            ahead = Math.max(ahead, scene.files.served - received.length);
            await call();
            // Only now: the view is valid until the call is done.
            for (const byte of chunk) received.push(byte);
          },
          finish: () => call(),
          abort: () => assert.fail("aborted"),
        },
      },
    });
    const call = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise<void>((done) => scene.timers.set(done, 1000));
      running--;
    };
    scene.device.powerOn();
    assert.ok(await scene.run(() => statuses(scene).includes("completed"), 5 * minute));
    assert.equal(most, 1, "calls at one time");
    assert.ok(ahead <= 4096, `${ahead} bytes were read ahead`);
    assert.deepEqual(received, Array.from(large));
  });

  it("restarts only when the promise of its finish has fulfilled", async () => {
    const fulfil: (() => void)[] = [];
    const writer = new Recorder();
    const finish = (): Promise<void> => new Promise((done) => fulfil.push(done));
    const scene = new UpdateScene({ before, after, link: { writer: Object.assign(writer, { finish }) } });
    scene.device.powerOn();
    await scene.run(() => fulfil.length === 1, minute);
    await scene.run(() => false, minute / 2);
    assert.ok(!statuses(scene).includes("completed"));
    fulfil[0]();
    assert.ok(await scene.run(() => scene.device.restarts === 1, minute));
    assert.ok(scene.hub.reports.some(({ payload }) => payload["status"] === "completed"));
  });

  it("starts over in order while its promises are pending: begin, abort, begin, finish", async () => {
    const writer = new Recorder();
    const later = (): Promise<void> => new Promise((done) => scene.timers.set(done, 500));
    const slow: FirmwareWriter = {
      begin: (size) => later().then(() => writer.begin(size)),
      write: (chunk) => later().then(() => writer.write(chunk)),
      finish: () => later().then(() => writer.finish()),
      abort: () => later().then(() => writer.abort()),
    };
    const scene: UpdateScene = new UpdateScene({ before, after, link: { writer: slow } });
    // The server does not serve ranges and breaks off once.
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 5000 } : { ignoreRange: true });
    scene.device.powerOn();
    assert.ok(await scene.run(() => statuses(scene).includes("completed"), 10 * minute));
    const once = `begin ${after.byteLength}`;
    assert.deepEqual(writer.calls, [once, "abort", once, "finish"]);
    assert.equal(writer.bytes, after.byteLength);
  });

  it("gets no bytes when the begin of a second download means no, and no abort of what was not begun", async () => {
    const writer = new Recorder();
    let begun = 0;
    const begin = (size: number | undefined): Promise<void> => {
      begun++;
      if (begun > 1) return Promise.reject(new Error("the card was pulled"));
      writer.begin(size);
      return Promise.resolve();
    };
    const given: FirmwareWriter = {
      begin,
      write: (chunk) => writer.write(chunk),
      finish: () => writer.finish(),
      abort: () => writer.abort(),
    };
    const scene = new UpdateScene({ before, after, link: { writer: given } });
    scene.files.answer = ({ number }) => (number === 1 ? { cutAfter: 5000 } : { ignoreRange: true });
    scene.device.powerOn();
    await scene.run(() => statuses(scene).includes("failed"), 10 * minute);
    const said = scene.hub.reports.find(({ payload }) => payload["status"] === "failed");
    assert.equal(said?.payload["reason"], "the card was pulled");
    assert.deepEqual(writer.calls, [`begin ${after.byteLength}`, "abort"]);
    assert.ok(writer.bytes <= 5000, `${writer.bytes} bytes`);
  });

  it("that never comes to an end is given up after a minute, and the update offered again", async () => {
    const writer = new Recorder();
    const write = (): Promise<void> => new Promise(() => {});
    const scene = new UpdateScene({ before, after, link: { writer: Object.assign(writer, { write }) } });
    scene.device.powerOn();
    assert.ok(await scene.run(() => statuses(scene).includes("rescheduled"), 2 * minute));
    const said = scene.hub.reports.find(({ payload }) => payload["status"] === "rescheduled");
    assert.ok(String(said?.payload["reason"]).includes("writer.write"), String(said?.payload["reason"]));
  });
});
