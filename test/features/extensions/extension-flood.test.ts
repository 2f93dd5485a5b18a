import { assert, describe, it, report } from "../../support/harness.js";
import { image, UpdateScene } from "../../support/update-scene.js";

const minute = 60000;
const before = image("1.0.0", 1, 40960);
const after = image("1.1.0", 2, 262144);

interface Outcome {
  readonly tookMs: number;
  readonly said: readonly string[];
  readonly scene: UpdateScene;
}

/** @param load what the application does at every percent of the download, and every 10 ms */
async function update(load?: (scene: UpdateScene) => void): Promise<Outcome> {
  const scene: UpdateScene = new UpdateScene({
    before,
    after,
    link: {
      console: true,
      logLevel: "info",
      client: { progress: () => load?.(scene), connected: () => scene.hub.push("extensions:get", {}) },
    },
  });
  // The link breaks off now and then, so that the update takes its time.
  scene.files.answer = ({ number }) => (number <= 3 ? { cutAfter: 50_000, breakAs: "reset" } : undefined);
  scene.hub.granted = ["health", "metrics", "alarms", "logging", "error_reports"];
  scene.device.powerOn();
  const flood = load === undefined ? undefined : scene.timers.repeat(() => load(scene), 10);
  const done = await scene.run(() => scene.device.restarts === 1, 30 * minute);
  const tookMs = scene.timers.now;
  scene.timers.clear(flood);
  assert.ok(done, scene.device.lines.slice(-20).join("\n"));
  const said = scene.hub.reports.map(({ event, payload }) => `${event} ${JSON.stringify(payload)}`);
  await scene.run(() => scene.updated, minute);
  assert.ok(scene.updated);
  assert.deepEqual(scene.hub.crashes, []);
  return { tookMs, said, scene };
}

describe("update: under a flood of extension traffic", () => {
  it("takes as long and says the same as without", async () => {
    const quiet = await update();
    let lines = 0;
    const loud = await update(({ device }) => {
      const { link, features } = device;
      const { metrics, alarms, errorReports } = features;
      if (link === undefined) return;
      for (let i = 0; i < 20; i++) link.log("info", `line ${lines++} of a chatty application ${"x".repeat(100)}`);
      metrics.record("level", lines);
      if (!alarms.clear("flapping")) alarms.raise("flapping", String(lines));
      errorReports.report(new Error(`error ${lines}`));
    });
    assert.ok(loud.tookMs <= quiet.tookMs + 10, `${loud.tookMs} ms, ${quiet.tookMs} ms without`);
    assert.deepEqual(loud.said, quiet.said);
    assert.ok(loud.tookMs > 5000);
    const sent = loud.scene.hub.others.filter(({ topic }) => topic === "extensions");
    assert.ok(!loud.scene.device.lines.some((line) => line.includes("could not be sent")));
    // Five senders, each with its burst, then no faster than they are paced: 4 + 0.5 + 0.8 + 0.5 + 1 a second.
    assert.ok(sent.length > 20 && sent.length < 80 + (loud.tookMs + minute) / 140, String(sent.length));
    report(`${lines} lines logged during an update of ${loud.tookMs} ms: ${sent.length} extension messages`);
  });
});
