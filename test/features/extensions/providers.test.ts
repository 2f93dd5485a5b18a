import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { Components, type Topology } from "../../../src/features/components/components.js";
import { Geo, isPosition } from "../../../src/features/geo/geo.js";
import { GeoIp, positionIn } from "../../../src/features/geo/geoip.js";
import type { Position } from "../../../src/features/geo/position.js";
import { NetworkIdentity, type NetworkIdentityEntry } from "../../../src/features/network-identity/network-identity.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerSide, Stage } from "../../support/stage.js";
import { type Connection, VirtualNetwork } from "../../support/virtual-network.js";

describe("geo 0.0.1", () => {
  const ask = (provider: Position | (() => Position | undefined)): ServerSide => {
    const stage = new Stage();
    const geo = stage.core.install(new Geo(provider));
    const server = new ServerSide(stage.timers, "0.0.1");
    geo.attached(server);
    geo.event("location:request");
    stage.timers.advance(2000);
    return server;
  };

  it("tells a fixed position, and one that a function knows", () => {
    assert.deepEqual(ask({ latitude: 55.95, longitude: -3.19, accuracy: 20, source: "gps" }).sent[0].payload, {
      latitude: 55.95,
      longitude: -3.19,
      source: "gps",
      accuracy: 20,
    });
    assert.deepEqual(ask(() => ({ latitude: 1, longitude: 2 })).sent[0].event, "location:update");
  });

  it("sends nothing without a position, and never 0°/0°", () => {
    const text = "55" as unknown as number;
    const wrong = [
      { latitude: 0, longitude: 0 },
      { latitude: Number.NaN, longitude: 1 },
      { latitude: 91, longitude: 1 },
      { latitude: 1, longitude: 181 },
      { latitude: text, longitude: 1 },
    ];
    for (const position of wrong) assert.deepEqual(ask(position).sent, []);
    assert.deepEqual(ask(() => undefined).sent, []);
    assert.ok(isPosition({ latitude: 0, longitude: 6.6 }));
  });

  const withService = (
    answer: string | undefined,
  ): { server: ServerSide; requests: string[]; stage: Stage; geo: Geo } => {
    const stage = new Stage();
    const requests: string[] = [];
    const accept = (connection: Connection): void => {
      connection.onData = (bytes) => {
        requests.push(String.fromCharCode(...bytes));
        if (answer === undefined) return;
        connection.send(encodeUtf8(answer));
        connection.end();
      };
    };
    Object.assign(stage.platform, { network: new VirtualNetwork(stage.timers, new Map([[80, accept]])) });
    const geo = stage.core.install(new Geo(new GeoIp("http://where.test/")));
    const server = new ServerSide(stage.timers, "0.0.1");
    geo.attached(server);
    geo.event("location:request");
    stage.timers.advance(60_000);
    return { server, requests, stage, geo };
  };

  it("asks the GeoIP service once a day", () => {
    const body = '{"now":"2026-08-22T23:03:21.553Z","latitude":"-36.88690","longitude":"174.76900","country":"NZ"}';
    const { server, requests, stage, geo } = withService(
      `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    for (let i = 0; i < 5; i++) {
      geo.event("location:request");
      stage.timers.advance(5000);
    }
    assert.equal(requests.length, 1);
    assert.equal(server.sent.length, 6);
    assert.deepEqual(server.sent[5].payload, { latitude: -36.8869, longitude: 174.769, source: "geoip" });
  });

  it("sends nothing when the service fails, is silent or says too much", () => {
    const long = "x".repeat(5000);
    for (const answer of [
      "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n",
      `HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${long}`,
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
      undefined,
    ]) {
      const { server, stage } = withService(answer);
      assert.deepEqual(server.sent, []);
      assert.ok(stage.printed.some((line) => line.includes("GeoIP")));
      assert.equal(stage.timers.count, 0);
    }
  });

  it("makes no position of what is none", () => {
    for (const text of ["", "[]", "null", "5", '{"latitude":"x"}', '{"latitude":"1"}'])
      assert.equal(positionIn(encodeUtf8(text)), undefined);
  });
});

describe("network_identity 0.0.1", () => {
  const entry = { service: "wireguard", identifier: "key" } as const;

  it("answers a request, then only what has changed", () => {
    const stage = new Stage();
    let ip = "10.0.0.7";
    const network = stage.core.install(new NetworkIdentity(() => [{ ...entry, details: { ip } }]));
    const server = new ServerSide(stage.timers, "0.0.1");
    network.attached(server);
    network.event("request");
    stage.timers.advance(1_000_000);
    assert.equal(server.sent.length, 1);
    ip = "10.0.0.8";
    stage.timers.advance(300_000);
    assert.deepEqual(server.sent[1].payload, {
      identities: [{ service: "wireguard", instance: "default", identifier: "key", details: { ip: "10.0.0.8" } }],
    });
    network.detached();
    assert.equal(stage.timers.count, 0);
  });

  it("leaves out what the server would skip, and says so", () => {
    const stage = new Stage();
    const wrong = [
      { service: "telepathy" as "iroh", identifier: "key" },
      { ...entry, identifier: "" },
      { ...entry, identifier: "x".repeat(256) },
      { ...entry, details: { large: "x".repeat(5000) } },
    ];
    const many: NetworkIdentityEntry[] = [];
    for (let i = 0; i < 20; i++) many.push({ ...entry, instance: `wg${i}` });
    const network = stage.core.install(new NetworkIdentity(() => [...wrong, ...many]));
    const server = new ServerSide(stage.timers, "0.0.1");
    network.attached(server);
    network.event("request");
    stage.timers.advance(1000);
    assert.equal(server.all("identities").length, 10);
    assert.equal(stage.printed.length, 4);
  });
});

describe("components 0.0.1", () => {
  class Scene {
    readonly stage = new Stage();
    readonly server = new ServerSide(this.stage.timers, "0.0.1");
    readonly called: string[] = [];
    readonly topology: Topology = {
      assemblies: [
        {
          identifier: "display",
          label: "Display",
          components: [
            {
              identifier: "panel",
              metrics: ["display_fps"],
              actions: [
                { identifier: "recalibrate", label: "Recalibrate", run: () => "calibration complete" },
                {
                  identifier: "explode",
                  run: () => {
                    throw new Error("sensor on fire");
                  },
                },
                { identifier: "hang", run: () => new Promise(() => {}) },
              ],
              modes: [{ identifier: "brightness", values: ["day", "night"], set: (value) => this.called.push(value) }],
            },
          ],
        },
      ],
      networks: [{ identifier: "zwave", metrics: ["zwave_rssi"], peers: [{ identifier: "zwave-26" }] }],
    };
    readonly components = this.stage.core.install(new Components(() => this.topology));

    constructor() {
      this.components.attached(this.server);
    }

    ask(event: string, payload: unknown, waitMs = 2000): Record<string, unknown> | undefined {
      this.components.event(event, payload);
      this.stage.timers.advance(waitMs);
      return this.server.sent.at(-1)?.payload;
    }
  }

  it("reports the topology in the shape that the server stores, without functions", () => {
    const scene = new Scene();
    assert.deepEqual(scene.ask("request", {}), {
      assemblies: [
        {
          identifier: "display",
          label: "Display",
          components: [
            {
              identifier: "panel",
              metrics: ["display_fps"],
              metadata: [],
              actions: [
                { identifier: "recalibrate", label: "Recalibrate" },
                { identifier: "explode" },
                { identifier: "hang" },
              ],
              modes: [{ identifier: "brightness", metadata_key: "brightness", values: ["day", "night"] }],
            },
          ],
        },
      ],
      networks: [
        {
          identifier: "zwave",
          metrics: ["zwave_rssi"],
          peers: [{ identifier: "zwave-26", metrics: [], metadata: [], actions: [], modes: [] }],
        },
      ],
    });
  });

  it("runs an action and answers by its ref", () => {
    const request = { ref: "ref-1", component: "panel", action: "recalibrate" };
    const answer = new Scene().ask("action:run", request);
    assert.deepEqual(answer, { ...request, status: "ok", output: "calibration complete" });
  });

  it("answers an action that throws, one that hangs, and one that does not exist", () => {
    const scene = new Scene();
    const run = (action: string): unknown =>
      scene.ask("action:run", { ref: "r", component: "panel", action }, 11_000)?.["output"];
    assert.equal(run("explode"), "sensor on fire");
    assert.equal(run("hang"), "timeout");
    assert.equal(run("nosuch"), "unknown action");
    assert.ok(scene.server.sent.every(({ payload }) => payload["status"] === "error"));
  });

  it("sets a mode to one of its values and to nothing else", () => {
    const scene = new Scene();
    const set = (value: unknown): unknown =>
      scene.ask("mode:set", { ref: "r", component: "panel", mode: "brightness", value })?.["status"];
    assert.equal(set("night"), "ok");
    assert.equal(set("disco"), "error");
    assert.equal(set(5), "error");
    assert.deepEqual(scene.called, ["night"]);
  });

  it("survives requests of any shape", () => {
    const scene = new Scene();
    for (const payload of [null, undefined, 5, [], {}, { ref: {} }]) {
      scene.components.event("action:run", payload);
      scene.components.event("mode:set", payload);
      scene.components.event("nonsense", payload);
    }
    scene.stage.timers.advance(60_000);
    assert.equal(scene.stage.timers.count, 0);
  });
});
