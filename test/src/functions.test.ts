/*
 * Issue 11, items 5 and 6: every function that an application hands in, and everything that it can do wrong. One row a
 * function; every-function.node.test.ts sees that none is forgotten.
 *
 * Of each deed: it is in the log under the function's name, the outcome is the one that docs/application.md states, and it costs nothing
 * else: the device is joined still, and its health report goes out. On XS a rejection that nobody looks at ends the run.
 */

import type { Timers } from "../../modules/platform/timers.js";
import type { Client } from "../../src/client.js";
import type { Topology } from "../../src/features/components/components.js";
import type { Extension } from "../../src/features/extensions/extension.js";
import type { FirmwareWriter } from "../../src/features/firmware-writer/firmware-writer.js";
import type { ManagedUpdatesOptions } from "../../src/features/managed-updates/managed-updates.js";
import type { LinkWithFeatures } from "../support/all-features.js";
import { FileServer } from "../support/file-server.js";
import { after, assert, describe, heapInUse, it } from "../support/harness.js";
import { LinkScene } from "../support/link-scene.js";
import type { ManualTimers } from "../support/manual-timers.js";
import { image, runTimers, type SceneOptions, UpdateScene } from "../support/update-scene.js";
import { filePort } from "../support/virtual-device.js";

const second = 1000;
const minute = 60 * second;
/** Later than any deadline of these scenes. */
const lateMs = 2 * minute;

/** What a function does in place of what it should; `good` is what it should give back. */
type Deed = (timers: Timers, good: unknown) => unknown;

const late = (timers: Timers, then: () => void): void => void timers.set(then, lateMs);

const deeds: readonly (readonly [string, Deed])[] = [
  [
    "throws",
    () => {
      throw new Error("boom");
    },
  ],
  [
    "throws what has no text",
    () => {
      throw Object.create(null);
    },
  ],
  ["rejects", () => Promise.reject(new Error("boom"))],
  ["rejects late", (timers) => new Promise((_, no) => late(timers, () => no(new Error("boom"))))],
  // biome-ignore lint/suspicious/noThenProperty: a promise of somebody else's making
  ["rejects by a thenable", () => ({ then: (_yes: unknown, no: (error: Error) => void) => no(new Error("boom")) })],
  [
    "has a then that throws",
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: as above
      get then() {
        throw new Error("boom");
      },
    }),
  ],
  ["resolves", () => Promise.resolve(42)],
  ["resolves late", (timers, good) => new Promise((yes) => late(timers, () => yes(good)))],
  ["undefined", () => undefined],
  ["null", () => null],
  ["wrong type", () => 42],
  ["array of rejected", () => [1, 2].map((it) => Promise.reject(new Error(`boom ${it}`)))],
  ["rejected in a property", () => ({ a: { b: Promise.reject(new Error("boom")) } })],
  ["resolves to an array of rejected", () => Promise.resolve([Promise.reject(new Error("boom"))])],
  ["throws a rejected promise in a property", () => throwing({ a: Promise.reject(new Error("boom")) })],
];

function throwing(what: object): never {
  throw what;
}

/** Those of which the promise inside is looked at; what they gave back is taken where nothing is wanted. */
const unawaited = ["array of rejected", "rejected in a property", "resolves to an array of rejected"];

/** Of a function that gives back values by name: one that it has not awaited. */
const byName: typeof deeds = [
  ["resolves in a property", () => ({ it: Promise.resolve(1) })],
  [
    "rejected from a getter",
    () => ({
      get it() {
        return Promise.reject(new Error("boom"));
      },
    }),
  ],
];

/** Of a function whose result nobody looks at, these are no misdeeds. */
const ignored = ["resolves", "resolves late", "undefined", "null", "wrong type"];
/** Of one that is waited for, and gives back nothing. */
const workDone = ["resolves", "undefined"];
/** Of one that is waited for, and whose result is shown. */
const shown = ["resolves", "undefined", "null", "wrong type"];

interface Row<Scene> {
  /** As the log names it. */
  readonly name: string;
  /** What becomes of it, as docs/application.md says. */
  readonly outcome: string;
  /** Options with the function in its place. */
  link(body: () => unknown): LinkWithFeatures;
  /** Has it called, and checks the outcome. */
  run(scene: Scene, deed: string): void | Promise<void>;
  readonly good?: unknown;
  /** Deeds that it may do. */
  readonly fine: readonly string[];
  /** What it can do besides. */
  readonly more?: typeof deeds;
}

/** A device that is joined, and a server that uses all its extensions. */
class Joined {
  readonly scene: LinkScene;

  constructor(link: LinkWithFeatures) {
    this.scene = new LinkScene(link);
    this.scene.server.onMessage = (socket, message) => {
      const [, , topic, event, payload] = message;
      if (topic !== "extensions" || event !== "phx_join") return false;
      socket.reply(message, "ok", Object.keys(payload as object));
      return true;
    };
  }

  /** Lets time pass, with its promises. */
  async pass(ms: number): Promise<void> {
    await runTimers(this.scene.timers, () => false, ms);
  }

  async push(topic: string, event: string, payload: object, waitMs = 3 * second): Promise<void> {
    const { socket } = this.scene.server;
    const join = socket.received.find((message) => message[2] === topic && message[3] === "phx_join");
    socket.send(join?.[0] ?? null, null, topic, event, payload);
    await this.pass(waitMs);
  }

  /** Payloads that the device has sent as `event`, over all connections. */
  sent(event: string): Record<string, unknown>[] {
    const found: Record<string, unknown>[] = [];
    for (const { received } of this.scene.server.sockets)
      for (const message of received) if (message[3] === event) found.push(message[4] as Record<string, unknown>);
    return found;
  }

  async report(): Promise<Record<string, Record<string, unknown>> | undefined> {
    const before = this.sent("health:report").length;
    await this.push("extensions", "health:check", {}, 10 * second);
    const reports = this.sent("health:report");
    return reports.length > before ? (reports.at(-1)!["value"] as Record<string, Record<string, unknown>>) : undefined;
  }
}

function extension(given: object): LinkWithFeatures {
  const door = { key: "door", versions: ["1.0.0"], attached: () => {}, event: () => {}, detached: () => {}, ...given };
  return { extensions: [door as Extension] };
}

function notified(name: keyof Client, run: (hub: Joined) => Promise<void>): Row<Joined> {
  const link = (body: () => unknown): LinkWithFeatures => ({ client: { [name]: body } as Client });
  return { name, outcome: "nobody looks at what it gives back", link, run, fine: ignored };
}

function told(name: keyof ManagedUpdatesOptions, run: (hub: Joined) => Promise<void>): Row<Joined> {
  const link = (body: () => unknown): LinkWithFeatures => ({ managedUpdates: { [name]: body } });
  return { name: `managedUpdates.${name}`, outcome: "nobody looks at what it gives back", link, run, fine: ignored };
}

const drop = async (hub: Joined): Promise<void> => {
  hub.scene.server.socket.cut("reset");
  await hub.pass(10 * second);
};

const topology = (given: object): (() => Topology) => {
  const panel = { identifier: "panel", ...given };
  return () => ({ assemblies: [{ identifier: "display", components: [panel] }] }) as Topology;
};

/** The operator's answer to `request`. */
async function componentResult(hub: Joined, kind: string, deed: string): Promise<void> {
  const request = { ref: "1", component: "panel", [kind]: "it", value: "on" };
  await hub.push("extensions", `components:${kind === "action" ? "action:run" : "mode:set"}`, request, 30 * second);
  const results = hub.sent(`components:${kind}:result`);
  assert.equal(results.length, 1, deed);
  assert.equal(results[0]["status"], [...shown, ...unawaited].includes(deed) ? "ok" : "error", deed);
}

/** What a line of a script comes to. */
async function scriptResult(hub: Joined, text: string, deed: string): Promise<void> {
  await hub.push("device", "scripts/run", { ref: "r", text }, 30 * second);
  const answers = hub.sent("scripts/run");
  assert.equal(answers.length, 1, deed);
  assert.equal(answers[0]["result"], [...shown, ...unawaited].includes(deed) ? "completed" : "error", deed);
}

const archiveBytes = new Uint8Array(10_000).fill(7);

function archiveRow(method: string, fine: readonly string[], size = archiveBytes.byteLength): Row<Joined> {
  return {
    name: `archives.writer.${method}`,
    outcome: method === "abort" ? "the archive is over" : "means no: the archive is not taken, and offered again",
    link: (body) => ({
      archives: {
        available: () => "download",
        writer: { begin() {}, write() {}, finish() {}, abort() {}, [method]: body },
      },
    }),
    run: async (hub, deed) => {
      const files = new FileServer(archiveBytes);
      hub.scene.servers.set(filePort, (connection) => files.accept(connection));
      const archive = { uuid: "38bc568f-3cd6-5b91-fc64-1c35a6ed9dc0", url: `http://files.test:${filePort}/a`, size };
      await hub.push("device", "archive", archive, 5 * minute);
      const taken = size === archiveBytes.byteLength && fine.includes(deed);
      assert.equal(hub.scene.device.features.archives?.taken !== undefined, taken, deed);
      if (method === "begin" && !taken) assert.equal(files.requests, 0, deed);
    },
    fine,
  };
}

const joinedRows: readonly Row<Joined>[] = [
  notified("connected", () => Promise.resolve()),
  notified("disconnected", drop),
  notified("error", drop),
  notified("identify", (hub) => hub.push("device", "identify", {})),
  told("modeChanged", (hub) => hub.push("device", "update_mode", { mode: "automatic" })),
  told("checked", (hub) => hub.push("device", "update_available", { available: false })),
  told("rejected", (hub) => hub.push("device", "update_rejected", { reason: "busy" })),
  {
    name: "reboot",
    outcome: "the restart goes on, at the latest after rebootDeadlineMs",
    link: (body) => ({ client: { reboot: body } as Client }),
    run: async (hub) => {
      await hub.push("device", "reboot", {}, minute);
      assert.equal(hub.scene.device.restarts, 1);
    },
    fine: workDone,
  },
  {
    name: "archives.available",
    outcome: '"ignore"',
    link: (body) => ({
      archives: {
        available: body as () => "ignore",
        writer: { begin: () => assert.fail("begun"), write() {}, finish() {}, abort() {} },
      },
    }),
    run: (hub) => hub.push("device", "archive", { uuid: "1", url: "http://files.test/a", size: 5 }, minute),
    good: "download",
    fine: [],
  },
  archiveRow("begin", workDone),
  archiveRow("write", workDone),
  archiveRow("finish", workDone),
  archiveRow("abort", workDone, 5),
  {
    name: "health.metrics",
    outcome: "the device's own metrics are reported",
    link: (body) => ({ health: { metrics: body } as LinkWithFeatures["health"] }),
    run: async (hub) => assert.equal(typeof (await hub.report())?.["metrics"]["uptime_seconds"], "number"),
    good: {},
    fine: [],
    more: byName,
  },
  {
    name: "health.metadata",
    outcome: "the report goes without it",
    link: (body) => ({ health: { metadata: body } as LinkWithFeatures["health"] }),
    run: async (hub) => assert.deepEqual((await hub.report())?.["metadata"], { reset_reason: "power_on" }),
    good: {},
    fine: [],
    more: byName,
  },
  {
    name: "metrics.readings",
    outcome: "the device's own readings go out",
    link: (body) => ({ metrics: { readings: body } as LinkWithFeatures["metrics"] }),
    run: async (hub) => {
      await hub.push("extensions", "metrics:check", {});
      const [{ metrics }] = hub.sent("metrics:report").at(-1)!["reports"] as { metrics: object }[];
      assert.ok("uptime_seconds" in metrics);
    },
    good: {},
    fine: [],
    more: byName,
  },
  {
    name: "geo",
    outcome: "no position is sent",
    link: (body) => ({ geo: body as LinkWithFeatures["geo"] }),
    run: async (hub) => {
      await hub.push("extensions", "geo:location:request", {});
      assert.deepEqual(hub.sent("geo:location:update"), []);
    },
    good: { latitude: 1, longitude: 2 },
    fine: ["undefined"],
  },
  {
    name: "networkIdentity",
    outcome: "no identity is sent",
    link: (body) => ({ networkIdentity: body as LinkWithFeatures["networkIdentity"] }),
    run: async (hub) => {
      await hub.push("extensions", "network_identity:request", {});
      assert.deepEqual(hub.sent("network_identity:report"), []);
    },
    good: [],
    fine: [],
  },
  {
    name: "components",
    outcome: "no components are told, and requests of them are answered with an error",
    link: (body) => ({ components: body as LinkWithFeatures["components"] }),
    run: async (hub) => {
      await hub.push("extensions", "components:request", {});
      await hub.push("extensions", "components:action:run", { ref: "1", component: "panel", action: "it" });
      assert.deepEqual(hub.sent("components:report"), []);
      assert.equal(hub.sent("components:action:result")[0]["status"], "error");
    },
    good: {},
    fine: [],
  },
  {
    name: 'action "it"',
    outcome: "the operator is shown the reason",
    link: (body) => ({ components: topology({ actions: [{ identifier: "it", run: body }] }) }),
    run: (hub, deed) => componentResult(hub, "action", deed),
    fine: shown,
  },
  {
    name: 'mode "it"',
    outcome: "the operator is shown the reason",
    link: (body) => ({ components: topology({ modes: [{ identifier: "it", values: ["on"], set: body }] }) }),
    run: (hub, deed) => componentResult(hub, "mode", deed),
    fine: shown,
  },
  {
    name: 'extension "door".ready',
    outcome: "it is not ready, and asked again",
    link: (body) => extension({ ready: body }),
    run: async (hub, deed) => {
      await hub.pass(minute);
      assert.deepEqual(hub.sent("door:attached"), []);
      const said = hub.scene.lines.filter((line) => line.includes('"door".ready'));
      // Not with every question.
      assert.ok(said.length <= 2, `${deed}: ${said.join("\n")}`);
    },
    good: true,
    fine: [],
  },
  {
    name: 'extension "door".attached',
    outcome: "it is detached again, and the server is told",
    link: (body) => extension({ attached: body }),
    run: async (hub, deed) => {
      await hub.pass(lateMs + second);
      assert.equal(hub.sent("door:error").length, [...ignored, ...unawaited].includes(deed) ? 0 : 1, deed);
    },
    fine: ignored,
  },
  {
    name: 'extension "door".event',
    outcome: "nobody looks at what it gives back",
    link: (body) => extension({ event: body }),
    run: (hub) => hub.push("extensions", "door:buzz", {}),
    fine: ignored,
  },
  {
    name: 'extension "door".detached',
    outcome: "nobody looks at what it gives back",
    link: (body) => extension({ detached: body }),
    run: drop,
    fine: ignored,
  },
  {
    name: 'command "it"',
    outcome: "the operator is shown the reason",
    link: (body) => ({ scripts: true, commands: [{ name: "it", help: "", run: body }] }),
    run: (hub, deed) => scriptResult(hub, "it", deed),
    fine: shown,
  },
  {
    name: "evaluate",
    outcome: "the operator is shown the reason",
    link: (body) => ({ scripts: true, evaluate: body }),
    run: (hub, deed) => scriptResult(hub, "1 + 1", deed),
    fine: shown,
  },
];

const before = image("1.0.0", 1, 8192);
const newer = image("1.1.0", 2, 8192);

function statuses(scene: UpdateScene): string[] {
  return scene.hub.reports
    .filter(({ event }) => event === "status_update")
    .map(({ payload }) => String(payload["status"]));
}

/** An update with `link`, until the server has heard its last word or the device has restarted. */
async function update(scene: UpdateScene): Promise<void> {
  scene.device.powerOn();
  const ended = (): boolean =>
    statuses(scene).some((word) => ["completed", "failed", "rescheduled", "ignored"].includes(word));
  assert.ok(await scene.run(ended, 30 * minute), scene.device.lines.join("\n"));
}

function writerRow(method: keyof FirmwareWriter): Row<UpdateScene> {
  return {
    name: `writer.${method}`,
    outcome: method === "abort" ? "the update is over" : "means no: never completed, never a restart",
    link: (body) => ({ writer: { begin() {}, write() {}, finish() {}, abort() {}, [method]: body } }),
    run: async (scene, deed) => {
      await update(scene);
      // What this writer takes is thrown away, and would be offered again for ever.
      scene.hub.blocked = true;
      const done = workDone.includes(deed) && method !== "abort";
      assert.equal(statuses(scene).includes("completed"), done, deed);
      await scene.run(() => false, minute);
      assert.equal(scene.device.restarts > 0, done, deed);
      if (method === "begin" && !done) assert.equal(scene.files.requests, 0, deed);
    },
    fine: workDone,
  };
}

/** Into the new image, on trial, with what the options are there. */
async function intoTrial(scene: UpdateScene): Promise<void> {
  scene.device.powerOn();
  assert.ok(await scene.run(() => scene.version === "1.1.0", 30 * minute), scene.device.lines.join("\n"));
}

const updateRows: readonly Row<UpdateScene>[] = [
  {
    name: "updateAvailable",
    outcome: "rescheduled: the application could not decide",
    link: (body) => ({ client: { updateAvailable: body } as Client }),
    run: async (scene, deed) => {
      await update(scene);
      assert.deepEqual(statuses(scene), ["received", "rescheduled"], deed);
      assert.equal(scene.files.requests, 0, deed);
    },
    good: "apply",
    fine: [],
  },
  {
    name: "progress",
    outcome: "nobody looks at what it gives back",
    link: (body) => ({ client: { progress: body } as Client }),
    run: async (scene) => {
      await intoTrial(scene);
      assert.ok(await scene.run(() => scene.updated, minute));
      // Once, and not for every percent.
      const threw = scene.device.lines.filter((line) => line.includes("progress threw"));
      assert.ok(threw.length <= 1, threw.join("\n"));
    },
    fine: ignored,
  },
  {
    name: "validate",
    outcome: "the image is not confirmed, and goes back at its deadline",
    link: (body) => ({ client: { validate: body } as Client, trial: { deadlineMs: minute } }),
    run: async (scene, deed) => {
      await intoTrial(scene);
      await scene.run(() => false, 50 * second);
      assert.equal(scene.device.platform?.slots.trial, "pending", deed);
      assert.ok(await scene.run(() => scene.device.restarts === 2, 30 * second), deed);
      await scene.run(() => false, 2 * second);
      assert.equal(scene.version, "1.0.0", deed);
    },
    good: true,
    fine: [],
  },
  writerRow("begin"),
  writerRow("write"),
  writerRow("finish"),
  writerRow("abort"),
];

/** Until what comes late has come. */
async function judge<Scene>(
  row: Row<Scene>,
  deed: string,
  scene: Scene,
  around: { timers: ManualTimers; lines: string[]; calls(): number },
): Promise<void> {
  await row.run(scene, deed);
  assert.ok(around.calls() > 0, `${row.name} was not called`);
  await runTimers(around.timers, () => false, lateMs + minute);
  const { lines } = around;
  const named = lines.filter((line) => line.includes(`: ${row.name} `) || line.includes(`: ${row.name}:`));
  const text = `${row.name}, ${deed}:\n${lines.slice(-20).join("\n")}`;
  assert.equal(named.length > 0, !row.fine.includes(deed), text);
  assert.ok(!lines.some((line) => line.includes("a timer callback threw")), text);
}

describe("functions that an application hands in (issue 11, item 5)", () => {
  // On XS a rejected promise that nobody has looked at ends the run when it is collected, which is here.
  after(() => void heapInUse());

  for (const row of joinedRows) {
    it(`${row.name}: ${row.outcome}`, async () => {
      for (const [deed, act] of [...deeds, ...(row.more ?? [])]) {
        let calls = 0;
        const timers = (): ManualTimers => hub.scene.timers;
        const hub: Joined = new Joined(
          row.link(() => {
            calls++;
            return act(timers(), row.good);
          }),
        );
        await hub.pass(10 * second);
        const { lines } = hub.scene;
        await judge(row, deed, hub, { timers: timers(), lines, calls: () => calls });
        assert.equal(hub.scene.device.link?.connected, true, `${row.name}, ${deed}: connected`);
        assert.ok(await hub.report(), `${row.name}, ${deed}: the report\n${lines.slice(-10).join("\n")}`);
      }
    });
  }

  it("a promise anywhere in what is given back is looked at, and named after the function", async () => {
    const no = (): never => Promise.reject(new Error("nested")) as never;
    const identity = (given: object): LinkWithFeatures => ({
      networkIdentity: () => [{ service: "wireguard", identifier: "x", ...given }],
    });
    const components = (make: () => unknown): LinkWithFeatures => ({ components: make as () => Topology });
    const cases: readonly (readonly [string, LinkWithFeatures])[] = [
      ["geo", { geo: () => ({ latitude: no(), longitude: 1 }) }],
      ["geo", { geo: () => ({ latitude: 1, longitude: 1, source: no() }) }],
      ["networkIdentity", identity({ identifier: no() })],
      ["networkIdentity", identity({ details: { a: no() } })],
      ["components", components(() => ({ assemblies: no() }))],
      ["components", components(() => ({ assemblies: [no()] }))],
      ["components", components(topology({ label: no() }))],
      ["components", components(topology({ modes: [{ identifier: "a", label: no(), values: [], set() {} }] }))],
      ["health.metadata", { health: { metadata: () => new Map([["a", no()]]) as never } }],
      ["health.metadata", { health: { metadata: () => new Set([no()]) as never } }],
    ];
    for (const [name, link] of cases) {
      const hub = new Joined(link);
      await hub.pass(10 * second);
      for (const event of ["geo:location:request", "network_identity:request", "components:request", "health:check"])
        await hub.push("extensions", event, {});
      const said = hub.scene.lines.filter((line) => line.includes(`: ${name}: it returned`));
      assert.equal(said.length, 1, `${name}\n${hub.scene.lines.join("\n")}`);
      for (const event of ["geo:location:update", "network_identity:report", "components:report"])
        assert.deepEqual(hub.sent(event), [], name);
      assert.ok(await hub.report());
    }
  });

  /** What the log holds of `name` after every question of the server. */
  async function asked(link: LinkWithFeatures): Promise<Joined> {
    const hub = new Joined(link);
    await hub.pass(10 * second);
    for (const event of ["geo:location:request", "components:request", "metrics:check", "health:check"])
      await hub.push("extensions", event, {}, minute);
    return hub;
  }

  it("values of the wrong kind are named after their function, once", async () => {
    const cases: readonly (readonly [string, object])[] = [
      ["geo", { geo: () => ({ latitude: "52", longitude: "13" }) }],
      ["geo", { geo: () => [] }],
      ["geo", { geo: () => ({ latitude: Number.NaN, longitude: 1 }) }],
      ["health.metrics", { health: { metrics: () => ({ cpu: "12" }) } }],
      ["health.metrics", { health: { metrics: () => ({ cpu: Number.POSITIVE_INFINITY }) } }],
      ["health.metrics", { health: { metrics: () => ({ cpu: null, b: BigInt(1) }) } }],
      ["health.metrics", { health: { metrics: () => ({ ["x".repeat(70_000)]: 1 }) } }],
      ["health.metrics", { health: { metrics: () => new Map([["a", 1]]) } }],
      ["health.metadata", { health: { metadata: () => new Set(["a"]) } }],
      ["metrics.readings", { metrics: { readings: () => ({ cpu: "12" }) } }],
      ["metrics.readings", { metrics: { readings: () => new Map([["a", 1]]) } }],
    ];
    for (const [name, link] of cases) {
      const { scene } = await asked(link as LinkWithFeatures);
      const said = scene.lines.filter((line) => line.includes(`: ${name}: `));
      assert.equal(said.length, 1, `${name}\n${scene.lines.join("\n")}`);
    }
  });

  it("a delay of no length is no decision", async () => {
    for (const reschedule of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
      const client = { updateAvailable: () => ({ reschedule }) };
      const scene = new UpdateScene({ before, after: newer, link: { client } });
      await update(scene);
      assert.ok(scene.device.lines.some((line) => line.includes("updateAvailable: it returned an object")));
    }
  });

  it("a report that can never be sent is said with its event and not tried again; one that was cut is sent", async () => {
    const large = { assemblies: [{ identifier: "x".repeat(40_000) }] };
    const { scene } = await asked({ components: () => large });
    const said = scene.lines.filter((line) => line.includes("can never be sent"));
    assert.equal(said.length, 1, scene.lines.join("\n"));
    assert.ok(said[0].includes('"components:report"'), said[0]);
    const texts: Record<string, string>[] = [{ a: "x".repeat(33_000) }, {}];
    for (let i = 0; i < 5000; i++) texts[1][`name ${i}`] = "x";
    for (const metadata of texts) {
      const hub = await asked({ health: { metadata: () => metadata } });
      assert.ok(hub.sent("health:report").length > 0);
      assert.deepEqual(
        hub.scene.lines.filter((line) => line.includes("can never be sent")),
        [],
      );
    }
  });

  it("an error with all the context that it may have is sent", async () => {
    const hub = await asked({});
    const context: Record<string, string> = {};
    for (let i = 0; i < 16; i++) context[`${i}`.padEnd(128, "\u0001")] = "\u0001".repeat(128);
    hub.scene.device.features.errorReports.report(new Error("\u0001".repeat(1000)), context);
    await hub.pass(10 * second);
    assert.equal(hub.sent("error_reports:report").length, 1, hub.scene.lines.slice(-5).join("\n"));
  });

  it("what a command prints that is no text is shown as it is", async () => {
    const print = (call: { print(line: string): void }) => {
      for (const what of [42, Symbol("s"), undefined, {}]) call.print(what as unknown as string);
      return "x".repeat(10_000);
    };
    const hub = await asked({ scripts: true, commands: [{ name: "it", help: "", run: print }] });
    await hub.push("device", "scripts/run", { ref: "r", text: "it" }, 30 * second);
    const output = String(hub.sent("scripts/run")[0]["output"]);
    assert.ok(output.startsWith("42\nSymbol(s)\nundefined\n{}\nxxx"), output.slice(0, 60));
    assert.ok(output.length < 4200 && output.endsWith("… [cut off]"), `${output.length}`);
  });

  it("texts of the application that are none are told, and never thrown out of the link", async () => {
    const hub = await asked({});
    const link = hub.scene.device.link!;
    const { alarms, metrics, errorReports } = hub.scene.device.features;
    for (const what of [42, undefined, null, Symbol("s"), {}, Object.create(null), ["a"]]) {
      const text = what as string;
      link.log("info", text);
      link.log(text as "info", "a line");
      alarms.raise(text, text);
      alarms.raise("a name", text);
      alarms.clear(text);
      metrics.record(text, text as unknown as number);
      errorReports.report(text, text as unknown as Record<string, string>);
      errorReports.report(text, { a: text });
    }
    await hub.pass(minute);
    const { lines } = hub.scene;
    assert.ok(
      lines.some((line) => line.endsWith("info: 42")),
      lines.join("\n"),
    );
    assert.ok(lines.some((line) => line.includes('Alarm "42"')));
    assert.deepEqual(
      lines.filter((line) => line.includes("reportError threw")),
      [],
    );
    assert.equal(link.connected, true);
  });

  it("a writer that gives no reason is named on the server", async () => {
    for (const begin of [() => Promise.reject(), () => throwing(null as unknown as object)]) {
      const writer = { begin, write() {}, finish() {}, abort() {} } as unknown as FirmwareWriter;
      const scene = new UpdateScene({ before, after: newer, link: { writer } });
      await update(scene);
      const reasons = scene.hub.reports.map(({ payload }) => String(payload["reason"] ?? ""));
      assert.ok(
        reasons.some((reason) => reason.includes("writer.begin")),
        reasons.join("\n"),
      );
    }
  });

  for (const row of updateRows) {
    it(`${row.name}: ${row.outcome}`, async () => {
      for (const [deed, act] of deeds) {
        let calls = 0;
        const timers = (): ManualTimers => scene.timers;
        const options: SceneOptions = {
          ...{ before, after: newer },
          link: row.link(() => {
            calls++;
            return act(timers(), row.good);
          }),
          // So that there is something to abort.
          message: row.name === "writer.abort" ? { checksum: "0".repeat(64), partials_checksums: null } : {},
        };
        const scene: UpdateScene = new UpdateScene(options);
        await judge(row, deed, scene, { timers: timers(), lines: scene.device.lines, calls: () => calls });
        assert.deepEqual(scene.hub.crashes, [], `${row.name}, ${deed}`);
        const connected = await scene.run(() => scene.device.link?.connected === true, minute);
        assert.ok(connected, `${row.name}, ${deed}: connected`);
      }
    });
  }

  it("writer.confirm: the server is told that the image is confirmed", async () => {
    for (const [deed, act] of deeds) {
      const link: LinkWithFeatures = {};
      const scene = new UpdateScene({ before, after: newer, link });
      await scene.run(() => false, second);
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.device.restarts === 1, 30 * minute));
      const confirm = (): void => act(scene.timers, undefined) as undefined;
      link.writer = { begin() {}, write() {}, finish() {}, abort() {}, confirm };
      assert.ok(await scene.run(() => scene.updated, minute), deed);
      await scene.run(() => false, lateMs + minute);
      const named = scene.device.lines.some((line) => line.includes(": writer.confirm"));
      assert.equal(named, !workDone.includes(deed), deed);
    }
  });
});
