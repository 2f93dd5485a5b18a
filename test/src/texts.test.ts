/*
 * Issue 11, item 3: texts that the server cannot take. Whatever an application or a server hands to the agent, what
 * leaves it passes a server that refuses half a surrogate pair and U+0000 as the real one does (test/support/server-end.ts).
 */

import type { LinkWithFeatures } from "../support/all-features.js";
import { assert, describe, it } from "../support/harness.js";
import { LinkScene } from "../support/link-scene.js";
import type { Message } from "../support/socket-server.js";
import { image, UpdateScene } from "../support/update-scene.js";

const minute = 60_000;
/** A high half, U+0000, a low half. */
const bad = "\ud83d\0\ude00";
const clean = "\ufffd\ufffd\ufffd";

const everything: LinkWithFeatures = {
  console: true,
  localShell: true,
  health: { metrics: () => ({ [bad]: 1 }), metadata: () => ({ [bad]: bad }) },
  metrics: { readings: () => ({ [bad]: 1, fine: 2 }) },
  geo: { latitude: 1, longitude: 2, source: bad },
  networkIdentity: () => [
    { service: "wireguard", identifier: "key", details: { [bad]: [bad] } },
    { service: "iroh", identifier: bad },
  ],
  components: () => ({
    assemblies: [
      { identifier: bad, components: [{ identifier: "relay", actions: [{ identifier: "go", run: () => bad }] }] },
    ],
  }),
  commands: [{ name: "say", help: bad, run: () => bad }],
  extensions: [
    {
      key: "own",
      versions: ["0.0.1"],
      attached: (attachment) => void attachment.send(bad, { [bad]: { toJSON: () => [bad] } }),
      event: () => {},
      detached: () => {},
    },
  ],
};

/** A link whose server grants every extension. */
function talkative(options: LinkWithFeatures = everything): LinkScene {
  const scene = new LinkScene(options);
  scene.server.onMessage = (socket, message) => {
    const [, , topic, event, payload] = message;
    if (topic !== "extensions" || event !== "phx_join") return false;
    socket.reply(message, "ok", Object.keys(payload as object));
    return true;
  };
  return scene;
}

function said(scene: LinkScene, event: string): Message[] {
  return scene.server.sockets.flatMap(({ received }) => received.filter((message) => message[3] === event));
}

describe("texts that the server cannot take: whatever leaves the device", () => {
  it("passes a server that refuses them, from every part that takes text", () => {
    const scene = talkative();
    const { link, features } = scene.device;
    features.alarms.raise(bad, bad);
    link?.log("info", `\ud83d${bad}`);
    features.metrics.record(bad, 1);
    features.errorReports.report(new Error(bad), { [bad]: bad });
    scene.advance(10_000);
    const { socket } = scene.server;
    socket.send(null, null, "device", "scripts/run", { ref: "abc", text: "say" });
    socket.send(null, null, "console", "dn", { data: "say\r" });
    socket.send(null, null, "extensions", "local_shell:request_shell", {});
    socket.send(null, null, "extensions", "local_shell:shell_input", { data: `${bad}\rsay\rhelp\r` });
    socket.send(null, null, "extensions", "components:action:run", { ref: bad, component: "relay", action: "go" });
    for (const event of ["health:check", "geo:location:request", "network_identity:request", "components:request"])
      socket.send(null, null, "extensions", event, {});
    socket.send(null, null, "extensions", "metrics:check", {});
    scene.advance(2 * minute);
    assert.deepEqual(scene.server.refused, []);
    assert.equal(scene.server.sockets.length, 1, "the connection lives");
    for (const event of [
      ...["scripts/run", "up", "local_shell:shell_output", "components:action:result", "components:report"],
      ...["health:report", "geo:location:update", "network_identity:report", "metrics:report", "logging:send"],
      ...["alarms:snapshot", "error_reports:report", `own:${clean}`],
    ]) {
      const messages = said(scene, event);
      assert.ok(messages.length > 0, `${event} has come`);
    }
    for (const event of ["scripts/run", "health:report", "components:report", "alarms:snapshot", `own:${clean}`])
      assert.ok(JSON.stringify(said(scene, event)).includes(clean), event);
  });

  it("an alarm's text does not keep the device away, at this join and at the next", () => {
    const scene = talkative({});
    scene.device.features.alarms.raise("Battery", `3.1 V ${bad}`);
    scene.advance(10_000);
    scene.device.link?.reconnect();
    scene.advance(10_000);
    assert.deepEqual(scene.server.refused, []);
    assert.equal(scene.server.sockets.length, 2);
    const snapshots = said(scene, "alarms:snapshot").map(
      ([, , , , payload]) => (payload as { alarms: object[] }).alarms,
    );
    assert.ok(snapshots.length >= 2);
    for (const [alarm] of snapshots) assert.equal((alarm as { description: string }).description, `3.1 V ${clean}`);
  });

  it("a log line is cut between characters", () => {
    const scene = talkative({});
    scene.device.link?.log("info", `${"x".repeat(1023)}😀`);
    scene.device.link?.log("info", `${"y".repeat(1023)}😀z`);
    scene.advance(10_000);
    const lines = JSON.stringify(said(scene, "logging:send"));
    assert.ok(lines.includes(`"${"x".repeat(1023)}😀"`), "1,024 characters are not cut");
    assert.ok(lines.includes(`"${"y".repeat(1023)}😀…"`), "the 1,025th is");
  });

  it("two halves that an application has joined arrive as the one character", () => {
    const half = "\ud83d";
    const scene = talkative({});
    scene.device.features.alarms.raise("Joined", `${half}\ude00`);
    scene.advance(10_000);
    assert.ok(JSON.stringify(said(scene, "alarms:snapshot")).includes('"😀"'));
  });

  it("a reschedule reason with U+0000 is told once, and the update comes", async () => {
    const before = image("1.0.0", 1, 8192);
    const after = image("1.1.0", 2, 8192);
    let offers = 0;
    const updateAvailable = () =>
      ++offers === 1 ? { reschedule: 7 * minute, reason: "battery SN42\0" } : ("apply" as const);
    const scene = new UpdateScene({ before, after, link: { client: { updateAvailable } } });
    scene.device.powerOn();
    await scene.run(() => scene.hub.reports.some(({ payload }) => payload["status"] === "rescheduled"), 60 * minute);
    const told = scene.hub.reports.find(({ payload }) => payload["status"] === "rescheduled");
    assert.equal(told?.payload["reason"], "battery SN42\ufffd");
    assert.ok(await scene.run(() => scene.updated, 60 * minute), scene.device.lines.slice(-20).join("\n"));
    assert.deepEqual([scene.hub.crashes, scene.hub.offers], [[], 2]);
  });
});
