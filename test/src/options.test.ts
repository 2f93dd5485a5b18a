import { Fault } from "../../modules/fault/fault.js";
import { readRoots } from "../../modules/x509/encoded.js";
import type { SharedSecret } from "../../src/connection/credentials.js";
import { checkOptions, type LinkOptions } from "../../src/options.js";
import { assert, describe, it } from "../harness.js";

const platform = { device: { identifier: "esp32-a4cf12b9d07c" }, network: { readRoots } };

const good: LinkOptions = { host: "hub.test", auth: { productKey: "nhp_abc", productSecret: "secret-secret" } };

function refusal(change: object): string {
  try {
    checkOptions({ ...good, ...change } as LinkOptions, platform);
    return "taken";
  } catch (error) {
    return error instanceof Fault && error.stage === "options" ? error.message : String(error);
  }
}

describe("link options", () => {
  it("puts every default in place", () => {
    const settings = checkOptions(good, platform);
    assert.deepEqual(
      [settings.port, settings.ssl, settings.name, settings.statusWords],
      [443, true, "nerveshub", "current"],
    );
    assert.equal(settings.heartbeat.intervalMs, 30000);
    const { type, key, identifier } = settings.credentials as SharedSecret;
    assert.deepEqual([type, key, identifier], ["shared-secret", "nhp_abc", "esp32-a4cf12b9d07c"]);
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

  const texts = ["true", "false", "no", ""];
  const noSwitch = [...texts, 0, 1, null, {}, []];
  for (const [name, values] of [
    ["console", noSwitch],
    ["localShell", noSwitch],
    ["scripts", noSwitch],
    ["alarms", noSwitch],
    ["errorReports", noSwitch],
    ["ssl", noSwitch],
    ["unprotectedUpdates", noSwitch],
    ["health", [...texts, 0, 1, true, null, []]],
    ["metrics", [...texts, 0, 1, true, null, []]],
    ["logging", [...texts, 0, 1, true, null, []]],
    ["geo", ["here", 5, true, false, null, []]],
    ["geo.geoip", [false, 5, 1, null, "", "true", "whenwhere", "ws://geo.test/", "ftp://geo.test/", {}]],
    ["metrics.vitals", noSwitch],
    ["logging.level", ["loud", "", 0, null, true]],
    ["heartbeat", [null, 5, "x", true, []]],
    ["heartbeat.intervalMs", [null, "30000", true, Number.NaN]],
    ["backoff", [null, 5, "x", true, []]],
    ["backoff.capMs", [null, "60000", Number.POSITIVE_INFINITY]],
    ["trial", [null, 5, "x", true, []]],
    ["trial.boots", [null, "3", 1.5]],
    ["name", [null, "", " ", 5, true, {}]],
    ["logLevel", ["loud", "", null, 1, true]],
    ["statusWords", ["new", "", null, true]],
    ["rebootDeadlineMs", [null, "30000", true]],
    ["port", ["443", null, true, Number.NaN, {}]],
    ["firmware", [null, 5, "x", true, []]],
    ["client", [null, 5, "x", true]],
    ["writer", [null, 5, "x", true]],
    ["roots", [null, "x", {}, []]],
    ["auth", [null, "x", 5]],
    ["auth.identifier", [null, 5, "", true]],
  ] as const) {
    it(`names ${name} when it is of another kind, and takes undefined for it`, () => {
      const [group, member] = name.split(".");
      const change = (value: unknown): object => {
        if (member === undefined) return { [group]: value };
        return { [group]: { ...(group === "auth" ? good.auth : {}), [member]: value } };
      };
      for (const value of values) {
        const said = refusal(change(value));
        assert.ok(said.startsWith(`Option "${name}" `), `${JSON.stringify(value)}: ${said}`);
      }
      if (name !== "auth" && name !== "geo.geoip") assert.equal(refusal(change(undefined)), "taken");
    });
  }

  it("takes switches that are true or false, objects, and both ways to look a position up", () => {
    for (const value of [true, false]) {
      const all = { console: value, localShell: value, scripts: value, alarms: value, errorReports: value };
      assert.equal(refusal(all), "taken");
    }
    for (const value of [false, {}]) assert.equal(refusal({ health: value, metrics: value, logging: value }), "taken");
    for (const geoip of [true, "http://geo.test/x", "https://geo.test"])
      assert.equal(refusal({ geo: { geoip } }), "taken");
  });

  it("says of a text that it is none, since all that mc/config holds are texts", () => {
    assert.match(refusal({ console: "false" }), /^Option "console" must be true or false, not a text: compare/);
  });
});
