/*
 * Everything that the agent serves besides firmware, against the desk hub: the real link, real sockets, the hub's own
 * extensions, whose honesty the transcripts prove (test/tools/hub).
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../../hosts/flash-model/build-image.js";
import type { Lack } from "../../hosts/flash-model/lacking.js";
import { nodeCrypto } from "../../hosts/node/crypto.js";
import { flashByCable, openNodePlatform } from "../../hosts/node/node-platform.js";
import { NervesHubLink } from "../../src/link.js";
import { Hub } from "../../tools/hub/hub.js";
import type { Json, JsonObject } from "../../tools/hub/json.js";
import type { HubOptions } from "../../tools/hub/options.js";
import { AllFeatures, type LinkWithFeatures } from "../support/all-features.js";
import { after, assert, before, describe, it } from "../support/harness.js";

const product = "desk";
const identifier = "dev-desk";
const key = { key: "nhp_desk", secret: "desk-secret-of-the-suite" };
const pem32 = "bG9uZyBiYXNlNjQgc3RyaW5nIG9mIDMyIGJ5dGVzLi4=";

class Bench {
  readonly hub: Hub;
  readonly lines: string[] = [];
  readonly told: string[] = [];
  link!: NervesHubLink;
  features!: AllFeatures;
  readonly #dataDir = mkdtempSync(join(tmpdir(), "desk-hub-"));

  constructor(options: Partial<HubOptions> = {}) {
    this.hub = new Hub({ product, keys: [key], automaticUpdates: false, ...options });
  }

  async start(options: LinkWithFeatures, lacking: readonly Lack[] = []): Promise<void> {
    await this.hub.start();
    flashByCable(this.#dataDir, buildImage({ chipId: 9, projectName: product, version: "1.0.0" }, nodeCrypto));
    const platform = openNodePlatform({
      dataDir: this.#dataDir,
      identifier,
      lacking,
      resetReason: "software",
      print: (line) => this.lines.push(line),
      restart: () => this.told.push("restart"),
    });
    const auth = { productKey: key.key, productSecret: key.secret };
    this.features = new AllFeatures(options);
    const link = { host: "127.0.0.1", port: this.hub.port, ssl: false, auth, ...this.features.options };
    this.link = new NervesHubLink(link, platform);
    this.link.start();
    await this.until("joined", () => this.hub.device(identifier)?.connection.status === "connected");
  }

  async stop(): Promise<void> {
    this.link.close();
    await this.hub.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  report(name: string): JsonObject | undefined {
    return this.hub.device(identifier)?.reports.get(name) as JsonObject | undefined;
  }

  /** What the hub's timeline says of `kind`. */
  said(kind: string): string[] {
    return this.hub.timeline
      .entries()
      .filter((entry) => entry.kind === kind)
      .map(({ text }) => text);
  }

  /** Looks again at every turn of a short timer until `done`; the suite's own limit ends it otherwise. */
  async until(what: string, done: () => boolean): Promise<void> {
    const endMs = Date.now() + 15_000;
    while (!done()) {
      if (Date.now() > endMs) assert.fail(`${what}\n${this.lines.slice(-20).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe("against the desk hub", () => {
  const archive = new Uint8Array(20_000).map((_, i) => i & 255);
  const taken: number[] = [];
  const bench = new Bench({ publicKeys: { fwup: [pem32] } });
  const echo: string[] = [];

  before(() =>
    bench.start({
      console: true,
      localShell: true,
      geo: { latitude: 52.1, longitude: 4.3, source: "fixed" },
      networkIdentity: () => [{ service: "wireguard", identifier: "public key" }],
      components: () => ({
        assemblies: [
          {
            identifier: "board",
            components: [{ identifier: "relay", actions: [{ identifier: "click", run: () => "clicked" }] }],
          },
        ],
      }),
      commands: [{ name: "echo", usage: "[text]", help: "Says it again", run: ({ args }) => args.join(" ") }],
      extensions: [
        {
          key: "echoes",
          versions: ["0.0.1"],
          attached: () => echo.push("attached"),
          event: (event) => echo.push(event),
          detached: () => echo.push("detached"),
        },
      ],
      managedUpdates: {
        modeChanged: (mode, allowed) => void bench.told.push(`mode ${mode} ${allowed}`),
        checked: (available, version) => void bench.told.push(`checked ${available} ${version}`),
        rejected: (reason, retryAfterMs) => void bench.told.push(`rejected ${reason} ${retryAfterMs}`),
      },
      archives: {
        available: () => "download",
        writer: {
          begin: () => void taken.splice(0),
          write: (chunk) => void taken.push(...chunk),
          finish: () => void bench.told.push("archive"),
          abort: () => void bench.told.push("archive aborted"),
        },
      },
    }),
  );

  after(() => bench.stop());

  it("attaches every extension, in the newest version, and none that the hub does not know", async () => {
    const wanted = [
      "alarms",
      "components",
      "error_reports",
      "geo",
      "health",
      "local_shell",
      "logging",
      "metrics",
      "network_identity",
    ];
    await bench.until("attached", () => bench.hub.socket(identifier)?.extensions?.attached().length === wanted.length);
    assert.deepEqual([...(bench.hub.socket(identifier)?.extensions?.attached() ?? [])].sort(), wanted);
    assert.deepEqual(echo, []);
    assert.ok(bench.lines.some((line) => line.includes('"echoes"')));
  });

  it("health is rated by its metrics", async () => {
    await bench.until("health", () => bench.report("health") !== undefined);
    const { status, metrics, metadata } = bench.report("health") as {
      status: Json;
      metrics: JsonObject;
      metadata: Json;
    };
    assert.equal(status, "healthy");
    assert.equal(typeof metrics["mem_used_percent"], "number");
    assert.deepEqual(metadata, { reset_reason: "software" });
  });

  it("metrics, alarms, errors and log lines arrive, and the hub drops none", async () => {
    bench.features.metrics.record("level", 3.5);
    bench.features.alarms.raise("BatteryLow", "3.1 V");
    bench.features.errorReports.report(new TypeError("no such relay"), { relay: "3" });
    bench.link.log("warning", "a line of the application");
    bench.hub.operator.extension(identifier, "metrics:check", {});
    const has = (name: string, text: string): boolean => JSON.stringify(bench.report(name) ?? "").includes(text);
    await bench.until("metrics", () => has("metrics", '"level":3.5'));
    await bench.until("alarms", () => has("alarms", "BatteryLow"));
    await bench.until("errors", () => has("error_reports", "TypeError: no such relay"));
    await bench.until("log", () => has("logging", "a line of the application"));
    await bench.until("boot lines", () => has("logging", "Running desk 1.0.0"));
    for (const name of ["metrics", "logging", "error_reports"]) {
      const dropped = bench.report(name)?.["dropped"] as JsonObject;
      assert.ok(
        Object.values(dropped).every((count) => count === 0),
        `${name} ${JSON.stringify(dropped)}`,
      );
    }
    bench.features.alarms.clear("BatteryLow");
    await bench.until("cleared", () => !has("alarms", "BatteryLow"));
  });

  it("geo, network identity and components say what the application told", async () => {
    await bench.until("geo", () => bench.report("geo") !== undefined);
    assert.deepEqual(bench.report("geo"), { latitude: 52.1, longitude: 4.3, source: "fixed" });
    await bench.until("identity", () => bench.report("network_identity") !== undefined);
    await bench.until("components", () => bench.report("components") !== undefined);
    bench.hub.operator.extension(identifier, "components:action:run", {
      ref: "r1",
      component: "relay",
      action: "click",
    });
    await bench.until("result", () => bench.said("components").includes("action:result"));
  });

  it("the console answers what is typed into it", async () => {
    await bench.until("console", () => bench.hub.socket(identifier)?.console !== undefined);
    bench.hub.operator.consoleType(identifier, "echo hello from the desk");
    await bench.until("output", () => /\r?\nhello from the desk/.test(bench.hub.operator.consoleOutput(identifier)));
    bench.hub.operator.consoleEvent(identifier, "file-data/start", { filename: "a.txt" });
    await bench.until("refusal", () => bench.hub.operator.consoleOutput(identifier).includes("takes no files"));
  });

  it("the local shell answers as well", async () => {
    bench.hub.operator.extension(identifier, "local_shell:shell_input", { data: "echo in the shell\r" });
    await bench.until("shell", () => String(bench.report("local_shell")?.["output"]).includes("\nin the shell"));
  });

  it("every built-in command says something", async () => {
    for (const command of [
      "help",
      "info",
      "uptime",
      "log",
      "partitions",
      "update",
      "heap",
      "wifi",
      "extensions",
      "reset-reason",
    ]) {
      const output = await bench.hub.operator.script(identifier, command);
      assert.ok(output.length > 0 && !output.includes("error:"), `${command}: ${output}`);
    }
    assert.match(await bench.hub.operator.script(identifier, "extensions"), /health +0\.0\.1/);
  });

  it("a script that this device cannot run is refused in words", async () => {
    assert.match(await bench.hub.operator.script(identifier, "File.ls!()"), /is not a command of this device/);
  });

  it("device-managed updates: mode, check, request and refusal", async () => {
    bench.hub.operator.setUpdateMode(identifier, "automatic", true);
    assert.ok(bench.features.managedUpdates.setMode("device_managed"));
    await bench.until("mode", () => bench.told.includes("mode device_managed true"));
    assert.ok(bench.features.managedUpdates.check());
    await bench.until("checked", () => bench.told.includes("checked false undefined"));
    assert.ok(bench.features.managedUpdates.request());
    await bench.until("rejected", () => bench.told.some((text) => text.startsWith("rejected")));
    assert.ok(bench.features.managedUpdates.waitMs === 0 || bench.features.managedUpdates.request() === false);
  });

  it("keys of the server are kept beside the configured ones", () => {
    assert.deepEqual(bench.features.serverKeys.keys("firmware"), [pem32]);
  });

  it("says its connection type", () => {
    assert.deepEqual(bench.hub.device(identifier)?.connection.connectionTypes, ["ethernet"]);
  });

  it("an archive is streamed to the application once", async () => {
    bench.hub.operator.archive(identifier, archive, { version: "2.0.0" });
    await bench.until("archive", () => bench.told.includes("archive"));
    assert.deepEqual(taken, [...archive]);
    await bench.until("stored", () => bench.features.archives?.taken !== undefined);
  });

  it("detaches what the operator switches off, and attaches it again", async () => {
    const attached = (): boolean => bench.hub.socket(identifier)?.extensions?.attached().includes("geo") ?? false;
    bench.hub.operator.switchExtension(identifier, "geo", false);
    await bench.until("detached", () => !attached());
    bench.hub.operator.switchExtension(identifier, "geo", true);
    await bench.until("attached", attached);
  });

  it("after a reconnect all is attached again, and what was logged meanwhile arrives", async () => {
    const first = bench.hub.socket(identifier);
    bench.hub.operator.reconnect(identifier);
    await bench.until("gone", () => bench.hub.socket(identifier) !== first);
    bench.link.log("info", "said in between");
    await bench.until("back", () => (bench.hub.socket(identifier)?.extensions?.attached().length ?? 0) >= 9);
    await bench.until("line", () => JSON.stringify(bench.report("logging")).includes("said in between"));
    assert.ok(!bench.lines.some((line) => /threw|TypeError: (?!no such relay)/.test(line)), bench.lines.join("\n"));
  });
});

describe("against a desk hub that lists no versions and knows the oldest only", () => {
  const bench = new Bench({
    protocol: "2026-08",
    extensions: new Map([
      ["health", ["0.0.1"]],
      ["logging", ["0.0.1"]],
    ]),
  });
  before(() => bench.start({}));
  after(() => bench.stop());

  it("health and logging work in their lowest versions", async () => {
    await bench.until("health", () => bench.report("health") !== undefined);
    await bench.until("lines", () => JSON.stringify(bench.report("logging") ?? "").includes("Running desk 1.0.0"));
    assert.deepEqual(bench.report("logging")?.["dropped"], { messages: 0, lines: 0, invalid: 0 });
  });

  it("health carries the alarms", async () => {
    bench.features.alarms.raise("BatteryLow", "3.1 V");
    bench.hub.operator.extension(identifier, "health:check", {});
    await bench.until("alarms", () => JSON.stringify(bench.report("health")?.["alarms"]) === '{"BatteryLow":"3.1 V"}');
  });

  it("without the option a script is refused in words, and there is no console", async () => {
    assert.match(await bench.hub.operator.script(identifier, "info"), /runs no scripts/);
    assert.equal(bench.hub.socket(identifier)?.console, undefined);
  });
});

describe("7: a device that was flashed without rollback and watchdog, against the desk hub", () => {
  const firmwareDir = mkdtempSync(join(tmpdir(), "desk-hub-firmware-"));
  writeFileSync(
    join(firmwareDir, "desk-1.1.0.bin"),
    buildImage({ chipId: 9, projectName: product, version: "1.1.0", seed: 2 }, nodeCrypto),
  );
  const bench = new Bench({ firmwareDir, automaticUpdates: true });
  before(() => bench.start({}, ["rollback", "watchdog"]));
  after(async () => {
    await bench.stop();
    rmSync(firmwareDir, { recursive: true, force: true });
  });

  it("the timeline shows why it takes no update, and the device is not blocked for a day", async () => {
    const shown = /^rescheduled: .*flashed without rollback and the watchdog and takes no update/;
    await bench.until("reason", () => bench.hub.timeline.entries().some(({ text }) => shown.test(text)));
    const blockedMs = (bench.hub.device(identifier)?.blockedUntil ?? 0) - Date.now();
    assert.ok(blockedMs > 0 && blockedMs <= 3_600_000, String(blockedMs));
    assert.deepEqual(bench.told, []);
  });

  it("its health says what is missing", async () => {
    await bench.until("health", () => bench.report("health") !== undefined);
    assert.deepEqual(bench.report("health")?.["metadata"], {
      reset_reason: "software",
      updates_unprotected: "without rollback and the watchdog",
    });
  });
});
