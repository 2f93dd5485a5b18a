import { Alarms } from "../../../src/features/alarms/alarms.js";
import { Components } from "../../../src/features/components/components.js";
import { ErrorReports } from "../../../src/features/error-reports/error-reports.js";
import type { Extension } from "../../../src/features/extensions/extension.js";
import { Geo } from "../../../src/features/geo/geo.js";
import { Health } from "../../../src/features/health/health.js";
import { LocalShell } from "../../../src/features/local-shell/local-shell.js";
import { Logging } from "../../../src/features/logging/logging.js";
import { Metrics } from "../../../src/features/metrics/metrics.js";
import { NetworkIdentity } from "../../../src/features/network-identity/network-identity.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";

function everyExtension({ core }: Stage): Extension[] {
  return [
    new Alarms(),
    new Health(),
    new Metrics(),
    new Logging(),
    new ErrorReports(),
    new Geo({ latitude: 1, longitude: 2 }),
    new NetworkIdentity(() => [{ service: "iroh", identifier: "x" }]),
    new Components(() => ({})),
    new LocalShell(),
  ].map((extension) => core.install(extension));
}

/** Every event that the server's extensions send, and some that they do not. */
const events = [
  "check",
  "sync",
  "request",
  "location:request",
  "action:run",
  "mode:set",
  "request_shell",
  "shell_input",
  "window_size",
  "kill_shell",
  "attached",
  "nonsense",
  "",
  ":",
];
const payloads = [
  null,
  undefined,
  0,
  "text",
  true,
  [],
  [1],
  {},
  { data: 5 },
  { data: null, cols: "x" },
  { ref: [], component: {} },
];

describe("every extension", () => {
  it("survives any event with any payload, attached or not, and leaves no timer", () => {
    const stage = new Stage();
    let asked = 0;
    for (const extension of everyExtension(stage)) {
      const server = new ServerSide(stage.timers, extension.versions[0]);
      for (const attached of [false, true]) {
        if (attached) extension.attached(server);
        for (const event of events) {
          for (const payload of payloads) {
            extension.event(event, payload);
            asked++;
          }
          stage.timers.advance(700);
        }
      }
      extension.detached();
      const said = server.sent.length;
      stage.timers.advance(600_000);
      assert.equal(server.sent.length, said, `${extension.key} says something when detached`);
      assert.equal(stage.timers.count, 0, `${extension.key} leaves a timer`);
    }
    assert.equal(asked, 9 * 2 * events.length * payloads.length);
  });

  it("goes through a thousand connections with the same timers and no message of an old one", () => {
    const stage = new Stage();
    for (const extension of everyExtension(stage)) {
      let old: ServerSide | undefined;
      for (let i = 0; i < 1000; i++) {
        const server = new ServerSide(stage.timers, extension.versions[0]);
        const before = old?.sent.length;
        extension.attached(server);
        for (const event of ["check", "sync", "request", "location:request", "request_shell"])
          extension.event(event, {});
        stage.timers.advance(i % 3 === 0 ? 1500 : 3);
        assert.equal(old?.sent.length, before);
        extension.detached();
        assert.equal(stage.timers.count, 0, extension.key);
        old = server;
      }
    }
  });
});
