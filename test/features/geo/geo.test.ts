import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { Geo, isPosition } from "../../../src/features/geo/geo.js";
import { GeoIp, positionIn } from "../../../src/features/geo/geoip.js";
import type { Position } from "../../../src/features/geo/position.js";
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
