import { assert, describe, it } from "../../support/harness.js";
import { image, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const before = image("1.0.0", 1, 40960);
const after = image("1.1.0", 2, 45056);

async function updated(scene: UpdateScene, limitMs = 30 * minute): Promise<void> {
  scene.device.powerOn();
  const done = await scene.run(() => scene.updated, limitMs);
  assert.ok(done, `not updated; the device said:\n${scene.device.lines.slice(-20).join("\n")}`);
  assert.equal(scene.version, "1.1.0");
  assert.deepEqual(scene.hub.crashes, []);
}

describe("update: the whole way", () => {
  it("goes from the offer to the confirmation and says so in the server's words", async () => {
    const scene = new UpdateScene({ before, after });
    scene.device.powerOn();
    await scene.run(() => scene.device.restarts === 1, minute);
    const said = scene.hub.reports.map(({ event, payload }) =>
      `${event} ${payload["status"] ?? payload["stage"] ?? ""}`.trim(),
    );
    assert.deepEqual(
      said.filter((line, index) => line !== said[index - 1]),
      [
        "report_network_interface",
        "connection_types",
        "status_update received",
        "status_update started",
        "update_progress downloading",
        "update_progress updating",
        "status_update completed",
        "rebooting",
      ],
    );
    await scene.run(() => scene.updated, minute);
    assert.equal(scene.version, "1.1.0");
    assert.equal(scene.device.platform?.slots.trial, "confirmed");
    assert.equal(scene.hub.reports.filter(({ event }) => event === "firmware_validated").length, 1);
  });

  it("joins the new image as not validated", async () => {
    const scene = new UpdateScene({ before, after });
    await updated(scene);
    const metas = scene.hub.joins.map((join) => (join["meta"] as { firmware_validated: boolean }).firmware_validated);
    assert.deepEqual(metas, [true, false]);
  });

  it("downloads every byte once on a good link", async () => {
    const scene = new UpdateScene({ before, after });
    await updated(scene);
    assert.equal(scene.files.served, after.byteLength);
    assert.equal(scene.files.requests, 1);
  });

  it("never shows a signed URL or the secret in its log", async () => {
    const scene = new UpdateScene({ before, after });
    await updated(scene);
    const log = scene.device.lines.join("\n");
    assert.ok(log.length > 200);
    for (const secret of ["signature=", "virtual-secret", "SFMyNTY"]) assert.ok(!log.includes(secret), secret);
  });
});
