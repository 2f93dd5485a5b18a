import { LogRing } from "../../../src/features/logging/log-ring.js";
import { Logging } from "../../../src/features/logging/logging.js";
import { assert, describe, it } from "../../support/harness.js";
import { ServerBucket, ServerSide, Stage, startedMs } from "../../support/stage.js";

function timeOf(line: Record<string, unknown>): number {
  return Number((line["meta"] as { time: string }).time);
}

/** How many lines the lines about gaps speak of. */
function admitted(messages: readonly string[]): number {
  let sum = 0;
  for (const message of messages) sum += Number(/^(\d+) log lines? (was|were) dropped here/.exec(message)?.[1] ?? 0);
  return sum;
}

for (const version of ["0.1.0", "0.0.1"]) {
  describe(`logging ${version} against the server's bucket`, () => {
    const listOf = (server: ServerSide): Record<string, unknown>[] =>
      version === "0.1.0" ? server.all("lines") : server.sent.map(({ payload }) => payload);

    it("a flood of lines loses none without saying so, and the server drops none", () => {
      const stage = new Stage();
      const logging = stage.core.install(new Logging({}));
      const server = new ServerSide(stage.timers, version, new ServerBucket(stage.timers, 5, 10));
      logging.attached(server);
      const written = 3000;
      for (let i = 0; i < written; i++) {
        logging.write("info", `line ${i}`);
        if (i % 20 === 0) stage.timers.advance(100);
      }
      stage.timers.advance(120_000);
      assert.equal(server.dropped, 0);
      const messages = listOf(server).map((line) => String(line["message"]));
      const arrived = messages.filter((message) => message.startsWith("line "));
      assert.equal(arrived.length + admitted(messages), written);
      assert.equal(new Set(arrived).size, arrived.length);
    });

    it("keeps what was logged offline, and does not burst over the bucket after a reconnect", () => {
      const stage = new Stage();
      const logging = stage.core.install(new Logging({}));
      const bucket = new ServerBucket(stage.timers, 5, 10);
      const servers: ServerSide[] = [];
      for (let connection = 0; connection < 10; connection++) {
        for (let i = 0; i < 6; i++) logging.write("info", `line ${connection}.${i}`);
        const server = new ServerSide(stage.timers, version, bucket);
        servers.push(server);
        logging.attached(server);
        stage.timers.advance(connection % 2 === 0 ? 1500 : 200);
        logging.detached();
      }
      const last = new ServerSide(stage.timers, version, bucket);
      logging.attached(last);
      stage.timers.advance(60_000);
      servers.push(last);
      assert.deepEqual(
        servers.map(({ dropped }) => dropped),
        servers.map(() => 0),
      );
      assert.equal(servers.flatMap(listOf).length, 60);
    });

    it("stamps lines of before the clock was known with the time at which they happened", () => {
      const stage = new Stage();
      stage.wallMs = undefined;
      const logging = stage.core.install(new Logging({}));
      logging.write("info", "early");
      stage.timers.advance(7000);
      assert.equal(logging.ready(), false);
      logging.write("info", "late");
      stage.timers.advance(3000);
      stage.platform.clock.set(startedMs + 10_000);
      assert.ok(logging.ready());
      const server = new ServerSide(stage.timers, version);
      logging.attached(server);
      stage.timers.advance(5000);
      assert.deepEqual(listOf(server).map(timeOf), [startedMs * 1000, (startedMs + 7000) * 1000]);
    });
  });
}

describe("logging", () => {
  it("sends a second's lines in one message of texts", () => {
    const stage = new Stage();
    const logging = stage.core.install(new Logging({}));
    const server = new ServerSide(stage.timers, "0.1.0");
    logging.attached(server);
    stage.timers.advance(5000);
    logging.write("warning", "one");
    stage.timers.advance(400);
    logging.write("error", "two");
    stage.timers.advance(1000);
    assert.deepEqual(
      server.sent.map(({ event, payload }) => ({ event, payload })),
      [
        {
          event: "send",
          payload: {
            lines: [
              { level: "warning", message: "one", meta: { time: `${startedMs + 5000}000` } },
              { level: "error", message: "two", meta: { time: `${startedMs + 5400}000` } },
            ],
          },
        },
      ],
    );
  });

  it("gives lines of one millisecond rising times", () => {
    const stage = new Stage();
    const logging = stage.core.install(new Logging({}));
    const server = new ServerSide(stage.timers, "0.1.0");
    logging.attached(server);
    for (let i = 0; i < 50; i++) logging.write("info", String(i));
    stage.timers.advance(10_000);
    const times = server.all("lines").map(timeOf);
    assert.ok(times.every((time, i) => i === 0 || time > times[i - 1]));
    assert.deepEqual(
      server.all("lines").map((line) => line["message"]),
      times.map((_, i) => String(i)),
    );
  });

  it("believes a clock that was set back", () => {
    const stage = new Stage();
    const logging = stage.core.install(new Logging({}));
    const server = new ServerSide(stage.timers, "0.1.0");
    stage.platform.clock.set(startedMs + 1e12);
    logging.attached(server);
    logging.write("info", "from the future");
    stage.timers.advance(2000);
    stage.platform.clock.set(startedMs);
    logging.write("info", "now");
    stage.timers.advance(2000);
    assert.equal(timeOf(server.all("lines")[1]), startedMs * 1000);
  });

  it("sends what has at least its level, and no empty line", () => {
    const stage = new Stage();
    const logging = stage.core.install(new Logging({ level: "warning" }));
    const server = new ServerSide(stage.timers, "0.1.0");
    logging.attached(server);
    for (const level of ["debug", "info", "notice", "warning", "error"] as const) logging.write(level, level);
    logging.write("error", "");
    stage.timers.advance(2000);
    assert.deepEqual(
      server.all("lines").map((line) => line["level"]),
      ["warning", "error"],
    );
  });

  it("holds lines back while the connection is backed up", () => {
    const stage = new Stage();
    const logging = stage.core.install(new Logging({}));
    const server = new ServerSide(stage.timers, "0.1.0");
    server.blocked = true;
    logging.attached(server);
    logging.write("info", "patient");
    stage.timers.advance(30_000);
    assert.deepEqual(server.sent, []);
    server.blocked = false;
    stage.timers.advance(1000);
    assert.equal(server.all("lines").length, 1);
  });

  it("runs for an hour with bounded buffers and no timer left over", () => {
    const stage = new Stage();
    const logging = stage.core.install(new Logging({}));
    const server = new ServerSide(stage.timers, "0.1.0", new ServerBucket(stage.timers, 5, 10));
    logging.attached(server);
    for (let second = 0; second < 3600; second++) {
      logging.write("info", `tick ${second}`);
      stage.timers.advance(1000);
      assert.ok(stage.timers.count <= 1);
    }
    stage.timers.advance(2000);
    assert.equal(server.all("lines").length, 3600);
    assert.equal(server.dropped, 0);
    assert.equal(stage.timers.count, 0);
  });
});

describe("log ring", () => {
  it("drops neither the first lines nor errors when it overflows", () => {
    const ring = new LogRing();
    for (let i = 0; i < 24; i++) ring.push({ level: "info", message: `boot ${i}`, atMs: i });
    ring.push({ level: "error", message: "crash", atMs: 50 });
    for (let i = 0; i < 5000; i++) ring.push({ level: "info", message: `noise ${i}`, atMs: 100 + i });
    const messages = ring.next(1000, 1e9).map(({ message }) => message);
    for (let i = 0; i < 24; i++) assert.ok(messages.includes(`boot ${i}`));
    assert.ok(messages.includes("crash"));
    assert.ok(messages.includes("noise 4999"));
    assert.equal(messages.filter((message) => message.startsWith("noise")).length + admitted(messages), 5000);
  });

  it("stays within its bounds when every line is an error", () => {
    const ring = new LogRing();
    for (let i = 0; i < 1000; i++) ring.push({ level: "error", message: `error ${i} ${"x".repeat(200)}`, atMs: i });
    const lines = ring.next(1000, 1e9);
    let characters = 0;
    for (const { message } of lines) characters += message.length;
    assert.ok(lines.length <= 129 && characters < 13_000);
    assert.ok(lines.at(-1)?.message.startsWith("error 999 "));
  });

  it("speaks of a gap once", () => {
    const ring = new LogRing();
    for (let i = 0; i < 200; i++) ring.push({ level: "info", message: `line ${i}`, atMs: i });
    ring.sent(ring.next(1000, 1e9));
    assert.ok(ring.isEmpty);
    ring.push({ level: "info", message: "after", atMs: 300 });
    assert.deepEqual(
      ring.next(10, 1000).map(({ message }) => message),
      ["after"],
    );
  });
});
