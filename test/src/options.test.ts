import { Fault } from "../../modules/fault/fault.js";
import { readRoots } from "../../modules/x509/encoded.js";
import type { SharedSecret } from "../../src/connection/credentials.js";
import { Archives } from "../../src/features/archives/archives.js";
import { Components } from "../../src/features/components/components.js";
import { Commands } from "../../src/features/console/commands.js";
import { Extensions } from "../../src/features/extensions/extensions.js";
import { WriterTarget } from "../../src/features/firmware-writer/writer-target.js";
import { Geo } from "../../src/features/geo/geo.js";
import { GeoIp } from "../../src/features/geo/geoip.js";
import { Health } from "../../src/features/health/health.js";
import { Logging } from "../../src/features/logging/logging.js";
import { ManagedUpdates } from "../../src/features/managed-updates/managed-updates.js";
import { Metrics } from "../../src/features/metrics/metrics.js";
import { NetworkIdentity } from "../../src/features/network-identity/network-identity.js";
import { checkOptions, type LinkOptions } from "../../src/options.js";
import { assert, describe, it } from "../support/harness.js";
import { LinkScene } from "../support/link-scene.js";
import { Stage, type StageCore } from "../support/stage.js";

const platform = { device: { identifier: "esp32-a4cf12b9d07c" }, network: { readRoots } };

/** What a link installs. */
interface Installed {
  install?(core: StageCore): void;
}

/** What the link's construction says of a feature, or of another part that it installs. */
function installed(part: Installed): string {
  try {
    part.install?.(new Stage().core);
    return "taken";
  } catch (error) {
    return error instanceof Fault && error.stage === "options" ? error.message : String(error);
  }
}

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

  it("13.19 takes an IPv6 address with its brackets, and 13.10 a name with its final dot", () => {
    assert.equal(checkOptions({ ...good, host: "[::1]" }, platform).host, "::1");
    assert.equal(checkOptions({ ...good, host: "hub.test." }, platform).host, "hub.test.");
    for (const host of ["[hub.test]", "[::1", "[127.0.0.1]", "[]", ".", "hub..test", "hub.test.."])
      assert.throws(
        () => checkOptions({ ...good, host }, platform),
        (error) => error.message.includes('"host"'),
      );
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
      [{ target: functions }, '"target.drain"'],
      [{ features: [{ message: true }] }, '"features.message"'],
      [{ features: {} }, '"features"'],
      [{ features: [null] }, '"features"'],
      [{ formats: [5] }, '"formats"'],
    ];
    for (const [change, name] of wrong)
      assert.ok(refusal(change).includes(name), `${JSON.stringify(change)}: ${refusal(change)}`);
    const bad: [Installed, string][] = [
      [new WriterTarget({ ...functions, finish: undefined } as never), '"writer.finish"'],
      [new WriterTarget({ ...functions, confirm: "yes" } as never), '"writer.confirm"'],
      [new Archives({ writer: {} } as never), '"archives.writer.begin"'],
      [new Archives({ writer: functions, available: true } as never), '"archives.available"'],
      [new Health({ metadata: {} } as never), '"health.metadata"'],
      [new Metrics({ readings: [] } as never), '"metrics.readings"'],
      [new ManagedUpdates({ checked: 5 } as never), '"managedUpdates.checked"'],
      [new NetworkIdentity([] as never), '"networkIdentity"'],
      [new Components({} as never), '"components"'],
      [new Extensions({} as never), '"extensions"'],
      [new Extensions([null] as never), '"extensions"'],
      [new Commands({} as never), '"commands"'],
      [new Commands([null] as never), '"commands"'],
    ];
    for (const [feature, name] of bad) assert.ok(installed(feature).includes(name), `${name}: ${installed(feature)}`);
    assert.equal(installed(new WriterTarget(functions)), "taken");
    assert.equal(installed(new Geo({ latitude: 1, longitude: 2 })), "taken");
    assert.equal(refusal({ client: {}, features: [new Health()], target: new WriterTarget(functions) }), "taken");
  });

  const texts = ["true", "false", "no", ""];
  const noSwitch = [...texts, 0, 1, null, {}, []];
  for (const [name, values] of [
    ["ssl", noSwitch],
    ["unprotectedUpdates", noSwitch],
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
    ["target", [null, 5, "x", true]],
    ["features", [null, 5, "x", true, {}]],
    ["formats", [null, 5, "x", true, {}]],
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
      if (name !== "auth") assert.equal(refusal(change(undefined)), "taken");
    });
  }

  const noObject = [...texts, 0, 1, true, false, null, []];
  for (const [name, make, values] of [
    ["health", (given) => new Health(given), noObject],
    ["metrics", (given) => new Metrics(given), noObject],
    ["logging", (given) => new Logging(given), noObject],
    ["managedUpdates", (given) => new ManagedUpdates(given), noObject],
    ["geo", (given) => new Geo(given), ["here", 5, true, false, null, []]],
    ["geoip", (given) => new GeoIp(given), [false, 5, 1, null, "", "true", "whenwhere", "ws://geo.test/", {}]],
    ["metrics.vitals", (vitals) => new Metrics({ vitals }), noSwitch],
    ["logging.level", (level) => new Logging({ level }), ["loud", "", 0, null, true]],
    ["writer", (given) => new WriterTarget(given), [null, 5, "x", true]],
  ] as readonly (readonly [string, (given: never) => Installed, readonly unknown[]])[]) {
    it(`names ${name} of a feature when it is of another kind, where the link is made`, () => {
      for (const value of values) {
        const said = installed(make(value as never));
        assert.ok(said.startsWith(`Option "${name}" `), `${JSON.stringify(value)}: ${said}`);
      }
    });
  }

  it("takes both ways to look a position up", () => {
    for (const provider of [{ latitude: 1, longitude: 2 }, () => undefined, new GeoIp(), new GeoIp("http://geo.test/")])
      assert.equal(installed(new Geo(provider)), "taken");
  });

  it("an option of a feature is refused where the link is made, never where the feature is", () => {
    assert.equal(refusal({ features: [new Health(null as never)] }), "taken");
    const scene = new LinkScene({ features: [new Health(null as never)], health: false });
    assert.ok(scene.lines.includes('Option "health" must be an object.'), scene.lines.join("\n"));
  });

  it("says of a text that it is none, since all that mc/config holds are texts", () => {
    assert.match(refusal({ ssl: "false" }), /^Option "ssl" must be true or false, not a text: compare/);
  });
});
