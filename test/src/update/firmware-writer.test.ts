import type { FirmwareWriter } from "../../../src/firmware-writer.js";
import { assert, describe, it } from "../../harness.js";
import { image, UpdateScene } from "../../virtual/update-scene.js";

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
});
