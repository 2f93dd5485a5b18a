/*
 * Whole runs at the lowest log level, searched for what must never be in a log.
 */

import { Log } from "../../../src/log/log.js";
import { Redactor } from "../../../src/log/redact.js";
import { assert, describe, it } from "../../support/harness.js";
import { LinkScene } from "../../support/link-scene.js";
import { httpAnswer } from "../../support/socket-server.js";
import { image, UpdateScene } from "../../support/update-scene.js";

const minute = 60_000;
const before = image("1.0.0", 1, 40_960);
const after = image("1.1.0", 2, 45_056);

/** The device's secret, the beginning of every token, and the signatures of the virtual download URLs. */
const forbidden = ["virtual-secret", "SFMyNTY", "signature=", "secret-1", "secret-2"];

function searched(lines: readonly string[], runs: string): void {
  assert.ok(lines.length > 5, `${runs} says something`);
  for (const line of lines) {
    for (const secret of forbidden) assert.ok(!line.includes(secret), `${runs}: ${line}`);
    assert.ok(!line.includes("\n") && !line.includes("\r"), "one line an event");
  }
}

describe("log of whole runs", () => {
  it("of an update with signed URLs, good and failing, holds no secret, and neither do the reports", async () => {
    for (const answer of [undefined, { status: 403 }, { status: 500 }, { cutAfter: 100 }]) {
      const scene = new UpdateScene({ before, after });
      scene.files.answer = ({ number }) => (number < 3 ? answer : undefined);
      scene.device.powerOn();
      await scene.run(() => scene.updated || scene.hub.blocked, 5 * minute);
      searched(scene.device.lines, JSON.stringify(answer) ?? "a good update");
      const reports = JSON.stringify(scene.hub.reports);
      for (const secret of forbidden) assert.ok(!reports.includes(secret), reports);
    }
  });

  it("of refusals, redirects and repetitions of what was sent holds no secret", () => {
    const scene = new LinkScene();
    scene.server.answer = (request, number) => {
      const token = /x-nh-signature: (\S+)/.exec(request)?.[1];
      switch (number) {
        case 1:
          return httpAnswer(401);
        case 2:
          return httpAnswer(503, `nh-connection-error-reason: token ${token} and virtual-secret refused`);
        case 3:
          return httpAnswer(302, `location: ws://hub.test:4000/device-socket/websocket?token=${token}`);
        case 4:
          return httpAnswer(400, `x-echo: ${token}`);
        default:
          return undefined;
      }
    };
    scene.advance(5 * minute);
    assert.equal(scene.device.link?.connected, true);
    searched(scene.lines, "refusals");
  });

  it("begins every attempt with host, path and who the device says it is", () => {
    const scene = new LinkScene().advance(1000);
    scene.down();
    scene.advance(20 * minute);
    const attempts = scene.lines.filter((line) => line.includes("Connecting"));
    assert.ok(attempts.length > 10, `${attempts.length} attempts`);
    const expected =
      'Connecting to ws://hub.test:4000/device-socket/websocket with shared secret nhp_virt… as "virtual", time from the device\'s clock.';
    for (const line of attempts) assert.ok(line.endsWith(expected), line);
  });

  it("has one line for every end, with its reason's code and when it goes on", () => {
    const scene = new LinkScene().advance(1000);
    scene.down();
    scene.advance(10 * minute);
    assert.ok(Math.abs(scene.reasons.length - scene.attempts) <= 1);
  });
});

describe("log", () => {
  const lines: string[] = [];
  const log = (least: "debug" | "warning"): Log => {
    lines.length = 0;
    return new Log((line) => lines.push(line), new Redactor(["a-configured-secret"]), least, "test");
  };

  it("prints from its level on, and tells listeners everything", () => {
    const heard: string[] = [];
    const quiet = log("warning");
    quiet.listen({ write: (level, message) => void heard.push(`${level} ${message}`) });
    quiet.debug("a");
    quiet.info("b");
    quiet.warning("c");
    quiet.error("d");
    assert.deepEqual(lines, ["test warning: c", "test error: d"]);
    assert.deepEqual(heard, ["debug a", "info b", "warning c", "error d"]);
  });

  it("keeps a server from writing lines of its own", () => {
    log("debug").info("The server said: x\r\ntest error: all is lost");
    assert.deepEqual(lines, ["test info: The server said: x test error: all is lost"]);
  });

  for (const [what, given, printed] of [
    [
      "a query",
      "GET https://s3.test/fw.bin?X-Amz-Signature=abc&b=c failed",
      "GET https://s3.test/fw.bin?[redacted] failed",
    ],
    ["the query of a path", "no /fw.bin?X-Amz-Signature=abc, sorry", "no /fw.bin?[redacted] sorry"],
    ["a token", "x SFMyNTY.g2gDbQ.9qXfZC7_ y", "x [redacted token] y"],
    ["a configured secret", "wrong: a-configured-secret!", "wrong: [redacted]!"],
  ]) {
    it(`blots out ${what}`, () => {
      log("debug").info(given);
      assert.deepEqual(lines, [`test info: ${printed}`]);
    });
  }

  it("leaves a question alone", () => {
    log("debug").info("Is a proxy in between? Check = and ?.");
    assert.deepEqual(lines, ["test info: Is a proxy in between? Check = and ?."]);
  });
});
