/*
 * Payloads of every wrong type on every event, and requests that are none: the hub answers, crashes the topic as the real
 * server does, or ignores, but never has a defect of its own and never ends.
 */

import { connect } from "node:net";
import type { Json, JsonObject } from "../../../tools/hub/json.js";
import { allExtensions } from "../../../tools/hub/options.js";
import { afterEach, assert, beforeEach, describe, it } from "../../support/harness.js";
import { Desk, type DeskDevice, oldFirmware } from "../../support/hub/desk.js";

const values: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  "",
  "x",
  "1",
  [],
  [null],
  [[]],
  [{}],
  {},
  { a: { b: [] } },
];

/** Events with the keys that the server reads from each. */
const events: readonly (readonly [topic: string, event: string, keys: readonly string[]])[] = [
  ["device", "status_update", ["status", "reason", "delay_for", "progress"]],
  ["device", "update_progress", ["value", "stage"]],
  ["device", "fwup_progress", ["value"]],
  ["device", "firmware_validated", []],
  ["device", "rebooting", []],
  ["device", "report_network_interface", ["interface"]],
  ["device", "connection_types", ["values"]],
  ["device", "scripts/run", ["ref", "output", "return", "result"]],
  ["device", "check_update", []],
  ["device", "request_update", []],
  ["device", "set_update_mode", ["mode"]],
  ["console", "up", ["data"]],
  ["console", "file-data", ["filename", "data"]],
  ["extensions", "health:report", ["value"]],
  ["extensions", "geo:location:update", ["latitude"]],
  ["extensions", "logging:send", ["lines", "level", "message", "meta", "timestamp"]],
  ["extensions", "metrics:report", ["reports"]],
  ["extensions", "alarms:snapshot", ["alarms"]],
  ["extensions", "alarms:raised", ["alarm", "raised_at", "description"]],
  ["extensions", "alarms:cleared", ["alarm"]],
  ["extensions", "error_reports:report", ["reports"]],
  ["extensions", "local_shell:shell_output", ["data"]],
  ["extensions", "network_identity:report", ["identities"]],
  ["extensions", "components:report", ["assemblies"]],
  ["extensions", "components:action:result", ["output"]],
  ["extensions", "health:error", ["reason"]],
];

const granted = Object.fromEntries([...allExtensions].map(([key, [newest]]) => [key, newest]));

function payloadsFor(keys: readonly string[]): Json[] {
  const single = keys.flatMap((key) => values.map((value): JsonObject => ({ [key]: value })));
  const entries = keys.flatMap((key) => values.map((value): JsonObject => ({ [key]: [value, { timestamp: value }] })));
  return [...values, ...single, ...entries];
}

describe("desk hub, hostile input", () => {
  let desk: Desk;

  beforeEach(async () => {
    desk = await new Desk().start("app-1.1.0.bin");
  });

  afterEach(() => desk.stop());

  function noDefect(): void {
    assert.deepEqual(
      desk.hub.timeline.entries().filter(({ kind }) => kind === "defect"),
      [],
    );
  }

  const joins: { [topic: string]: JsonObject } = { device: oldFirmware, console: {}, extensions: granted };

  for (const [topic, event, keys] of events) {
    it(`${event} with values of every type`, async () => {
      const device = await desk.device("d");
      for (const payload of payloadsFor(keys)) {
        // Each on a fresh join, since a crash ends the topic.
        await rejoin(device, topic);
        device.send(topic, event, payload);
      }
      await device.settled();
      noDefect();
    });
  }

  async function rejoin(device: DeskDevice, topic: string): Promise<void> {
    await device.join(topic, joins[topic]);
    if (topic !== "extensions") return;
    for (const name of Object.keys(granted)) device.send(topic, `${name}:attached`, {});
  }

  it("joins with values of every type", async () => {
    const device = await desk.device("d");
    const keys = [...Object.keys(oldFirmware), "meta", "currently_downloading_uuid", "nerves_fw_uuid", "health"];
    for (const topic of ["device", "console", "extensions"]) {
      for (const payload of payloadsFor(keys)) await device.join(topic, payload);
    }
    noDefect();
  });

  it("frames whose parts have every type", async () => {
    const device = await desk.device("d");
    for (const value of values) {
      for (const event of ["phx_join", "phx_leave", "heartbeat", value]) {
        device.socket.send(JSON.stringify([value, value, value, event, value]));
        device.socket.send(JSON.stringify([value, value, "device", event, value]));
      }
    }
    await device.settled();
    noDefect();
  });

  for (const target of [
    "//",
    "/%",
    "/api/devices/%",
    "*",
    "http://elsewhere/x",
    "/firmware/%00?expires=x&signature=é",
    "/?token=x",
  ]) {
    it(`a request for ${target} is answered`, async () => {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(desk.hub.port, "127.0.0.1");
        socket.once("data", (data: Buffer) => {
          resolve(data.toString());
          socket.destroy();
        });
        socket.write(`GET ${encodeURI(target).replaceAll("%25", "%")} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
      });
      assert.match(answer, /^HTTP\/1\.1 [345]\d\d /);
    });
  }
});
