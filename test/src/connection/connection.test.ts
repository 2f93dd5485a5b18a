import { Fault } from "../../../modules/fault/fault.js";
import { forgetful } from "../../support/forgetful-path.js";
import { assert, beforeEach, describe, it } from "../../support/harness.js";
import { LinkScene } from "../../support/link-scene.js";
import { httpAnswer, type Message, type ServerSocket } from "../../support/socket-server.js";
import { hubPort } from "../../support/virtual-device.js";

const minute = 60_000;
/** A day before what the image of the scenes says of its build. */
const builtMs = Date.UTC(2026, 10, 20, 12);
const isJoin = ([, , topic, event]: Message, of = "device"): boolean => topic === of && event === "phx_join";

describe("connection: joins", () => {
  let scene: LinkScene;
  beforeEach(() => {
    scene = new LinkScene();
  });

  it("are exactly one per topic and socket, over reconnects of every kind", () => {
    scene.advance(minute);
    for (const code of [1000, 1001, 1002, 1011, 1012]) {
      scene.server.socket.close(code);
      scene.advance(minute);
    }
    scene.server.socket.cut("reset");
    scene.advance(minute);
    scene.server.socket.cut("end");
    scene.advance(minute);
    scene.device.link?.reconnect();
    scene.advance(minute);
    const sockets = scene.server.sockets;
    assert.equal(sockets.length, 9);
    for (const socket of sockets) {
      assert.equal(socket.count("device", "phx_join"), 1);
      assert.ok(socket.count("extensions", "phx_join") <= 1);
    }
    assert.equal(scene.device.link?.connected, true);
  });

  it("come again after a crash of the channel, with backoff, on the same socket", () => {
    scene.advance(1000);
    let crashes = 0;
    scene.server.onMessage = (socket, message) => {
      if (!isJoin(message)) return false;
      socket.reply(message, "ok", {});
      const [joinRef] = message;
      socket.send(joinRef, joinRef, "device", "phx_error", { reason: "channel_crash" });
      crashes++;
      return true;
    };
    const [joinRef] = scene.server.socket.received[0];
    scene.server.socket.send(joinRef, joinRef, "device", "phx_error", { reason: "channel_crash" });
    scene.advance(500);
    assert.equal(crashes, 0, "not at once");
    scene.advance(5 * minute);
    assert.ok(crashes >= 5, `${crashes} joins`);
    const waits = scene.lines.flatMap((line) => /Joining again in (\d+) s/.exec(line)?.[1] ?? []).map(Number);
    assert.ok(waits[4] > waits[0] || waits[3] > waits[0], waits.join());
  });

  it("that are refused again and again end in a new connection", () => {
    scene.server.onMessage = (socket, message) => {
      if (isJoin(message)) socket.reply(message, "error", { reason: "join crashed" });
      return isJoin(message);
    };
    scene.advance(15 * minute);
    assert.ok(scene.reasons.includes("join-failed"));
    assert.ok(scene.server.sockets.length > 1);
    assert.match(scene.lines.join("\n"), /refused the join of "device": join crashed/);
  });

  it("that are not answered end in a new connection, and say so", () => {
    scene.server.onMessage = (_, message) => isJoin(message);
    scene.advance(31_000);
    assert.deepEqual(scene.reasons, ["join-timeout"]);
  });

  it("are not touched by phx_close and phx_error of an older join", () => {
    scene.advance(1000);
    const { socket } = scene.server;
    const [old] = socket.received[0];
    socket.send(old, old, "device", "phx_error", { reason: "channel_crash" });
    scene.advance(5000);
    const before = socket.count("device", "phx_join");
    assert.equal(before, 2);
    socket.send(old, old, "device", "phx_close", {});
    socket.send(old, old, "device", "phx_error", {});
    scene.advance(minute);
    assert.equal(socket.count("device", "phx_join"), before);
    assert.equal(scene.device.link?.connected, true);
    assert.equal(scene.server.sockets.length, 1);
  });
});

describe("connection: liveness", () => {
  const beats = (socket: ServerSocket): number => socket.count("phoenix", "heartbeat");

  it("is one heartbeat an interval, answered, for as long as it lasts", () => {
    const scene = new LinkScene().advance(60 * minute);
    assert.equal(scene.server.sockets.length, 1);
    assert.ok(Math.abs(beats(scene.server.socket) - 120) <= 1, String(beats(scene.server.socket)));
    assert.equal(typeof scene.device.link?.roundTripMs, "number");
  });

  it("notices within two intervals that nothing comes back any more, wherever in an interval that begins", () => {
    for (let second = 1; second <= 61; second += 4) {
      const scene = new LinkScene().advance(second * 1000);
      const { socket } = scene.server;
      scene.server.onMessage = () => true;
      socket.cut("silence");
      scene.advance(60_000);
      assert.deepEqual(scene.reasons, ["heartbeat-unanswered"], `after ${second} s`);
    }
  });

  it("stretches the interval up to two minutes when told to save bytes", () => {
    const scene = new LinkScene({ heartbeat: { maxIntervalMs: 120_000 } }).advance(30 * minute);
    const before = beats(scene.server.socket);
    scene.advance(60 * minute);
    assert.ok(beats(scene.server.socket) - before <= 31, String(beats(scene.server.socket) - before));
    assert.equal(scene.server.sockets.length, 1);
    scene.server.onMessage = () => true;
    scene.server.socket.cut("silence");
    scene.advance(4 * minute);
    assert.deepEqual(scene.reasons, ["heartbeat-unanswered"]);
  });

  it("keeps its interval over a reconnect, of whatever kind", () => {
    const scene = new LinkScene({ heartbeat: { maxIntervalMs: 120_000 } }).advance(30 * minute);
    const ends: readonly ((socket: ServerSocket) => void)[] = [
      (socket) => socket.cut("silence"),
      (socket) => socket.cut("reset"),
      (socket) => socket.close(1001),
      () => scene.device.link?.reconnect(),
    ];
    for (const end of ends) {
      const { length } = scene.server.sockets;
      end(scene.server.socket);
      scene.advance(10 * minute);
      assert.equal(scene.server.sockets.length, length + 1);
      const before = beats(scene.server.socket);
      scene.advance(20 * minute);
      const count = beats(scene.server.socket) - before;
      assert.ok(count <= 11, `${count} beats in 20 minutes`);
    }
  });

  for (const how of ["end", "reset", "silence"] as const) {
    for (const [forgetsS, least] of [
      [30, 3400],
      [60, 1400],
      [90, 1100],
    ] as const) {
      it(`13.7: behind a path that forgets after ${forgetsS} s (${how}) the device is there, at an interval that it has learnt`, () => {
        const scene = new LinkScene({ heartbeat: { maxIntervalMs: 120_000 }, logLevel: "notice" });
        const { server, timers } = scene;
        scene.servers.set(
          hubPort,
          forgetful(timers, forgetsS * 1000, how, (connection) => server.accept(connection)),
        );
        scene.device.link?.reconnect();
        scene.advance(24 * 60 * minute);
        const first = server.sockets.length;
        assert.ok(first <= 8, `${first} connections on the first day`);
        assert.match(
          scene.lines.join("\n"),
          /The network forgets a connection that is quiet: heartbeats come every \d+ s/,
        );
        scene.advance(24 * 60 * minute);
        assert.ok(server.sockets.length - first <= 4, `${server.sockets.length - first} on the second`);
        const day = server.sockets.reduce((sum, socket) => sum + beats(socket), 0) / 2;
        assert.ok(day > least && day < least * 1.6, `${day} beats a day`);
        assert.equal(scene.device.link?.connected, true);
      });
    }
  }

  it("13.7: losses before the server has accepted the device tell nothing of the path", () => {
    const scene = new LinkScene({ heartbeat: { maxIntervalMs: 120_000 } });
    scene.server.onMessage = (_, message) => isJoin(message);
    for (let i = 0; i < 20; i++) {
      scene.advance(20_000);
      scene.server.socket.cut("end");
      scene.advance(minute);
    }
    assert.ok(!scene.lines.join("\n").includes("forgets a connection"));
  });
});

describe("connection: coming back", () => {
  it("lasts through an outage of six hours, then joins", () => {
    const scene = new LinkScene().advance(minute);
    scene.down();
    scene.advance(6 * 60 * minute);
    assert.equal(scene.device.link?.connected, false);
    assert.ok(scene.attempts > 400 && scene.attempts < 1200, `${scene.attempts} attempts`);
    assert.equal(scene.reasons[5], "connection-refused");
    scene.up();
    scene.advance(minute);
    assert.equal(scene.device.link?.connected, true);
    assert.ok(scene.timers.count < 10, `${scene.timers.count} timers`);
  });

  it("gives up on a server that takes the connection and never answers the upgrade", () => {
    const scene = new LinkScene();
    scene.server.answer = () => "silence";
    scene.advance(30_100);
    assert.deepEqual(scene.reasons, ["upgrade-timeout"]);
  });

  it("leaves no timer behind, two hundred times over", () => {
    const scene = new LinkScene({
      logLevel: "error",
      backoff: { baseMs: 1, capMs: 10, cleanCloseFloorMs: 1 },
    }).advance(20_000);
    const timers = scene.timers.count;
    for (let i = 0; i < 200; i++) {
      if (i % 3 === 0) scene.device.link?.reconnect();
      else scene.server.socket.cut(i % 3 === 1 ? "reset" : "end");
      scene.advance(50);
    }
    scene.advance(20_000);
    assert.ok(scene.server.sockets.length > 180, `${scene.server.sockets.length} connections`);
    assert.equal(scene.device.link?.connected, true);
    assert.equal(scene.timers.count, timers);
  });

  it("waits as long as Retry-After says", () => {
    const scene = new LinkScene();
    scene.server.answer = (_, number) => (number === 1 ? httpAnswer(503, "retry-after: 600") : undefined);
    scene.advance(599_000);
    assert.equal(scene.attempts, 1);
    scene.advance(3000);
    assert.equal(scene.attempts, 2);
    assert.equal(scene.device.link?.connected, true);
  });

  it("is immediate and with a fresh backoff when the application asks for it", () => {
    const scene = new LinkScene().advance(1000);
    scene.down();
    scene.advance(60 * minute);
    const before = scene.attempts;
    assert.ok(before < 200, "the backoff had grown");
    scene.device.link?.reconnect();
    scene.advance(2100);
    assert.ok(scene.attempts >= before + 2, `${scene.attempts - before} attempts in 2 s`);
    scene.up();
    scene.device.link?.reconnect();
    scene.advance(100);
    assert.equal(scene.device.link?.connected, true);
  });

  it("slows down when another device with the same identifier evicts it each time", () => {
    const scene = new LinkScene();
    for (let second = 0; second < 3600; second++) {
      scene.advance(1000);
      if (scene.device.link?.connected) scene.server.socket.close(1001);
    }
    const half = scene.server.sockets.length;
    assert.ok(half < 200, `${half} connections in an hour`);
    assert.match(scene.lines.join("\n"), /another device connects with the same identifier/);
    scene.advance(10 * minute);
    scene.server.socket.close(1001);
    scene.advance(3100);
    assert.equal(scene.device.link?.connected, true, "one eviction after a lasting session is no fight");
  });

  it("13.17: after a proxy's 1001 with a reason no device is said to have its identifier, and a fleet is spread", () => {
    for (const [code, reason, latestMs] of [
      [1001, "CloudFlare WebSocket proxy restarting", 9000],
      [1013, "try again later", 9000],
      [1013, "", 9000],
    ] as const) {
      const waits = Array.from({ length: 30 }, (_, seed) => {
        const scene = new LinkScene({}, 0, seed).advance(1000);
        scene.server.socket.close(code, reason);
        scene.advance(100);
        assert.deepEqual(scene.reasons, ["drained"]);
        const log = scene.lines.join("\n");
        assert.ok(log.includes(reason) && !log.includes("same identifier"));
        return Number(/Trying again in ([0-9.]+) s/.exec(log)?.[1]) * 1000;
      });
      assert.ok(Math.max(...waits) <= latestMs && Math.min(...waits) >= 1000);
      assert.ok(Math.max(...waits) - Math.min(...waits) > 5000, waits.join());
    }
  });

  it("tells the application of each end once", () => {
    const told: string[] = [];
    const scene = new LinkScene({
      client: {
        connected: () => told.push("connected"),
        disconnected: () => told.push("disconnected"),
        error: (fault) => told.push(fault instanceof Fault ? fault.code : "?"),
      },
    });
    scene.advance(1000);
    scene.server.socket.close(1012);
    scene.advance(minute);
    scene.device.link?.reconnect();
    scene.advance(1000);
    assert.deepEqual(told, ["connected", "disconnected", "drained", "connected", "disconnected", "connected"]);
  });

  it("survives an application whose every callback throws", () => {
    const bad = (): never => {
      throw new Error("the application's");
    };
    const client = { connected: bad, disconnected: bad, error: bad };
    const scene = new LinkScene({ client }).advance(1000);
    scene.server.socket.cut("reset");
    scene.advance(minute);
    assert.equal(scene.device.link?.connected, true);
  });
});

describe("connection: redirects", () => {
  it("are followed, kept for later reconnects, and given up when they lead nowhere", () => {
    const scene = new LinkScene();
    let moved = true;
    scene.servers.set(5000, (connection) => scene.server.accept(connection));
    scene.server.answer = (request) =>
      moved && request.includes("host: hub.test:4000")
        ? httpAnswer(302, "location: ws://eu.hub.test:5000/device-socket/websocket?vsn=2.0.0")
        : undefined;
    scene.advance(1000);
    assert.equal(scene.device.link?.connected, true);
    assert.match(
      scene.server.socket.request,
      /^GET \/device-socket\/websocket\?vsn=2\.0\.0 .*host: eu\.hub\.test:5000/s,
    );
    scene.server.socket.close(1000);
    scene.advance(5000);
    assert.equal(scene.server.sockets.length, 3, "straight to where it was");
    moved = false;
    scene.servers.delete(5000);
    scene.server.socket.cut("reset");
    scene.advance(minute);
    assert.equal(scene.device.link?.connected, true);
    assert.match(scene.server.socket.request, /host: hub\.test:4000/);
  });

  it("in a circle end after five, with a reason, and are tried again later", () => {
    const scene = new LinkScene();
    scene.server.answer = () => httpAnswer(307, "location: /device-socket/websocket?vsn=2.0.0");
    scene.advance(200);
    assert.equal(scene.server.sockets.length, 6);
    assert.deepEqual(scene.reasons, ["too-many-redirects"]);
    scene.server.answer = () => undefined;
    scene.advance(5000);
    assert.equal(scene.device.link?.connected, true);
  });
});

describe("connection: the time of day", () => {
  /** Judges signatures as the real server does: from 90 s ago to now, and nothing else. */
  function judging(scene: LinkScene): LinkScene {
    scene.server.answer = (request) => {
      const signedAt = Number(/x-nh-time: (\d+)/.exec(request)?.[1]);
      const { nowMs } = scene;
      if (signedAt * 1000 <= nowMs && signedAt * 1000 > nowMs - 90_000) return undefined;
      return httpAnswer(401, `date: ${new Date(nowMs).toUTCString()}`);
    };
    return scene;
  }

  for (const [what, aheadMs, reasons] of [
    ["right", 0, []],
    ["a second ahead", 1000, []],
    ["four seconds ahead", 4000, ["clock-ahead"]],
    ["an hour ahead", 3_600_000, ["clock-ahead"]],
    ["80 s behind", -80_000, []],
    ["an hour behind", -3_600_000, ["clock-behind"]],
    ["in 1970", -1_795_291_100_000, ["clock-behind"]],
  ] as const) {
    it(`${what} takes ${reasons.length === 0 ? "no refusal" : "one refusal, which says so"}`, () => {
      const scene = judging(new LinkScene({}, aheadMs)).advance(minute);
      assert.equal(scene.device.link?.connected, true);
      assert.deepEqual(scene.reasons, reasons);
    });
  }

  for (const [what, aheadMs, contradicted] of [
    ["right", 0, false],
    ["45 s behind", -45_000, false],
    ["70 s behind", -70_000, true],
    ["80 s behind", -80_000, true],
  ] as const) {
    const says = contradicted ? "is contradicted by its Date, and not set by it" : "is not contradicted by its Date";
    it(`item 12: ${what}, at a server that accepts the device, ${says}`, () => {
      const scene = judging(new LinkScene({}, aheadMs));
      scene.server.date = () => new Date(scene.nowMs).toUTCString();
      scene.advance(minute);
      assert.equal(scene.device.link?.connected, true);
      assert.deepEqual(scene.reasons, []);
      assert.equal(scene.clock.contradictions > 0, contradicted);
      assert.equal(scene.clock.now(), scene.nowMs + aheadMs);
    });
  }

  it("item 12: unknown is set from the Date of a server that accepts, and nonsense there is passed over", () => {
    for (const [date, set] of [
      [undefined, true],
      ["soon", false],
      ["Thu, 01 Jan 1970 00:00:00 GMT", false],
    ] as const) {
      const scene = new LinkScene({}, "unknown");
      scene.server.date = () => date ?? new Date(scene.nowMs).toUTCString();
      scene.advance(minute);
      assert.equal(scene.device.link?.connected, true);
      assert.equal(scene.clock.now() !== undefined, set);
    }
  });

  it("item 12: a host that throws when its clock is contradicted costs no connection", () => {
    const scene = new LinkScene({}, -70_000);
    scene.clock.onContradicted = () => {
      throw new Error("no time for that");
    };
    scene.server.date = () => new Date(scene.nowMs).toUTCString();
    scene.advance(minute);
    assert.equal(scene.device.link?.connected, true);
    assert.match(scene.lines.join("\n"), /no time for that/);
  });

  it("13.11: unknown for ever is a lower bound to judge certificates by, before the first attempt", () => {
    const scene = new LinkScene({}, "unknown").advance(4000);
    assert.equal(scene.clock.earliestMs, undefined);
    scene.advance(1100);
    assert.equal(scene.attempts, 1);
    assert.equal(scene.clock.earliestMs, builtMs);
    assert.equal(scene.clock.now(), undefined, "nobody takes it for the time");
    assert.match(scene.lines.join("\n"), /starts from the time of this firmware's build \(2026-11-20\): certificates/);
    const known = new LinkScene().advance(minute);
    assert.equal(known.clock.earliestMs, undefined);
  });

  it("unknown is waited for, then learnt from a refusal, and the log says each", () => {
    const scene = judging(new LinkScene({}, "unknown")).advance(4000);
    assert.equal(scene.attempts, 0);
    scene.advance(minute);
    assert.equal(scene.device.link?.connected, true);
    assert.ok(Math.abs(scene.clock.now()! - scene.nowMs) < 2000);
    assert.deepEqual(scene.reasons, ["clock-behind"]);
    const log = scene.lines.join("\n");
    assert.match(log, /The time is not known yet: waiting 5 s for it/);
    assert.match(log, /time from the build time/);
    assert.match(log, /the clock is set from the server's Date header/);
  });

  it("that arrives while it is waited for is used at once", () => {
    const scene = judging(new LinkScene({}, "unknown")).advance(1200);
    scene.clock.set(scene.nowMs);
    scene.advance(600);
    assert.equal(scene.device.link?.connected, true);
    assert.deepEqual(scene.reasons, []);
  });

  it("unknown after a restart starts from the last time that a server accepted", () => {
    const scene = judging(new LinkScene()).advance(minute);
    scene.server.sockets[0].send(null, null, "device", "reboot", {});
    scene.advance(1000);
    scene.clock.forget();
    scene.advance(minute);
    assert.equal(scene.device.restarts, 1);
    assert.equal(scene.device.link?.connected, true);
    assert.match(scene.lines.join("\n"), /starts from the last known time \(2026-11-21\)/);
  });

  it("that nothing can be learnt of is no silent loop: every attempt says what is wrong", () => {
    const scene = new LinkScene({}, "unknown");
    scene.server.answer = () => httpAnswer(401);
    scene.advance(30 * minute);
    assert.ok(scene.attempts > 20);
    assert.equal(scene.reasons.length >= scene.attempts - 1, true);
    assert.ok(scene.reasons.every((reason) => reason === "time-unknown"));
  });
});
