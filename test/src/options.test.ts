import { Fault } from "../../modules/fault/fault.js";
import type { Device } from "../../modules/host/device.js";
import { checkOptions, type LinkOptions } from "../../src/options.js";
import { assert, describe, it } from "../harness.js";

const device: Device = {
  identifier: "esp32-a4cf12b9d07c",
  chipId: 0,
  resetReason: "power_on",
  networkInterface: "wlan0",
  facts: () => ({}),
  restart: () => {},
};

const good: LinkOptions = { host: "hub.test", auth: { productKey: "nhp_abc", productSecret: "secret-secret" } };

function refusal(change: object): string {
  try {
    checkOptions({ ...good, ...change } as LinkOptions, device);
    return "taken";
  } catch (error) {
    return error instanceof Fault && error.stage === "options" ? error.message : String(error);
  }
}

describe("link options", () => {
  it("puts every default in place", () => {
    const settings = checkOptions(good, device);
    assert.deepEqual(
      [settings.port, settings.ssl, settings.name, settings.statusWords],
      [443, true, "nerveshub", "current"],
    );
    assert.equal(settings.heartbeat.intervalMs, 30000);
    assert.deepEqual(settings.credentials, {
      type: "shared-secret",
      key: "nhp_abc",
      secret: "secret-secret",
      identifier: "esp32-a4cf12b9d07c",
    });
  });

  it("names every wrong option", () => {
    const wrong: [object, string][] = [
      [{ host: "" }, '"host"'],
      [{ host: "https://hub.test/x" }, '"host"'],
      [{ port: 0 }, '"port"'],
      [{ host: "hub.test:443" }, '"host"'],
      [{ port: 70000 }, '"port"'],
      [{ port: 443.5 }, '"port"'],
      [{ logLevel: "loud" }, '"logLevel"'],
      [{ auth: { productKey: "nhp_a", productSecret: "x\n" } }, '"auth.productSecret"'],
      [{ roots: [new Uint8Array([0x30, 0])] }, '"roots"'],
      [{ ssl: "yes" }, '"ssl"'],
      [{ auth: undefined }, '"auth"'],
      [{ auth: { productKey: "nhp_a", productSecret: "" } }, '"auth.productSecret"'],
      [{ auth: { productKey: "nhd_a", productSecret: "x" } }, '"auth.productKey"'],
      [{ auth: { deviceKey: "nhp_a", deviceSecret: "x" } }, '"auth.deviceKey"'],
      [{ auth: { productKey: "nhp_a", productSecret: "x", identifier: "y".repeat(256) } }, '"auth.identifier"'],
      [{ heartbeat: { intervalMs: 200000 } }, '"heartbeat.intervalMs"'],
      [{ backoff: { baseMs: 0 } }, '"backoff.baseMs"'],
      [{ trial: { boots: 0 } }, '"trial.boots"'],
      [{ unprotectedUpdates: "true" as never }, '"unprotectedUpdates"'],
      [{ statusWords: "new" }, '"statusWords"'],
      [{ rebootDeadlineMs: -1 }, '"rebootDeadlineMs"'],
      [{ roots: [] }, '"roots"'],
    ];
    for (const [change, name] of wrong)
      assert.ok(refusal(change).includes(name), `${JSON.stringify(change)}: ${refusal(change)}`);
  });

  it("names every missing field of a stated firmware", () => {
    const message = refusal({ firmware: { uuid: "u", version: "1.0.0" } });
    for (const name of ["product", "architecture", "platform"]) assert.ok(message.includes(name), message);
    assert.ok(!message.includes("uuid,"), message);
  });

  it("refuses a stated version that is not SemVer", () => {
    const firmware = { uuid: "u", product: "p", architecture: "a", platform: "x", version: "nightly" };
    assert.ok(refusal({ firmware }).includes('"firmware.version"'));
  });

  it("names every function that is none, before it is called (issue 11, item 5)", () => {
    const functions = { begin() {}, write() {}, finish() {}, abort() {} };
    const wrong: [object, string][] = [
      [{ client: true }, '"client"'],
      [{ client: { validate: true } }, '"client.validate"'],
      [{ client: { reboot: null } }, '"client.reboot"'],
      [{ writer: { ...functions, finish: undefined } }, '"writer.finish"'],
      [{ writer: { ...functions, confirm: "yes" } }, '"writer.confirm"'],
      [{ archiveWriter: {} }, '"archiveWriter.begin"'],
      [{ health: { metadata: {} } }, '"health.metadata"'],
      [{ metrics: { readings: [] } }, '"metrics.readings"'],
      [{ geo: "here" }, '"geo"'],
      [{ networkIdentity: [] }, '"networkIdentity"'],
      [{ components: {} }, '"components"'],
      [{ evaluate: true }, '"evaluate"'],
      [{ extensions: {} }, '"extensions"'],
      [{ commands: [null] }, '"commands"'],
    ];
    for (const [change, name] of wrong)
      assert.ok(refusal(change).includes(name), `${JSON.stringify(change)}: ${refusal(change)}`);
    const fine = { health: false, metrics: false, client: {}, writer: functions, geo: { latitude: 1, longitude: 2 } };
    assert.equal(refusal(fine), "taken");
  });
});
