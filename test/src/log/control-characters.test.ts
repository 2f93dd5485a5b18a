/*
 * Issue 11, item 14, on the device: what the server or an application says reaches the serial console, and the server's
 * log, as what it is.
 */

import { asFault, Fault, stackOf } from "../../../modules/fault/fault.js";
import { isPrintable } from "../../../modules/text/printable.js";
import { Log } from "../../../src/log/log.js";
import { Redactor } from "../../../src/log/redact.js";
import { assert, describe, it } from "../../support/harness.js";
import { LinkScene } from "../../support/link-scene.js";
import { httpAnswer } from "../../support/socket-server.js";

const minute = 60_000;
const hostile = "\x1b]0;owned\x07\x7f\x9b2J\u202e\u2028\0\r\nnerveshub info: Joined.";

function allPrintable(lines: readonly string[]): void {
  for (const line of lines) assert.ok(isPrintable(line), JSON.stringify(line));
}

describe("control characters: the log", () => {
  function logged(message: string): string {
    const lines: string[] = [];
    const heard: string[] = [];
    const log = new Log((line) => lines.push(line), new Redactor(["the-secret-text"]), "info", "nh");
    log.listen({ write: (_level, line) => void heard.push(line) });
    log.info(message);
    assert.deepEqual(lines, [`nh info: ${heard[0]}`]);
    allPrintable(lines);
    return heard[0];
  }

  it("shows them as escapes, and line ends and tabs as a blank", () => {
    assert.equal(logged("a\r\n\tb\x1b[2Jc"), "a b\\u001b[2Jc");
    assert.equal(logged("\u202eevil\u2028\u009b1m\0"), "\\u202eevil\\u2028\\u009b1m\\u0000");
  });

  it("shows what a listener throws in one redacted line", () => {
    const lines: string[] = [];
    const log = new Log((line) => lines.push(line), new Redactor(["the-secret-text"]), "info", "nh");
    log.listen({
      write: () => {
        throw new Error(`the-secret-text ${hostile}`);
      },
    });
    log.info("x");
    allPrintable(lines);
    assert.equal(lines.length, 2);
    assert.match(lines[1], /^nh error: a log listener threw: \[redacted\] \\u001b\]0;owned/);
  });

  it("keeps its bound whatever is escaped", () => {
    assert.equal(logged("\x01".repeat(100_000)).length, 1025);
    assert.equal(logged("x".repeat(1024)), "x".repeat(1024));
    assert.equal(logged("x".repeat(1025)), `${"x".repeat(1024)}…`);
    assert.ok(logged("\n".repeat(100_000)).length < 3);
  });

  it("redacts before it cuts", () => {
    assert.ok(!logged(`${"x".repeat(1020)}the-secret-text`).includes("the-"));
  });
});

describe("control characters: what a server says", () => {
  it("reaches the console in printable lines, one an event", () => {
    const scene = new LinkScene({ console: true });
    scene.server.answer = (_request, number) => {
      if (number === 1) return httpAnswer(503, "nh-connection-error-reason: \u009b2J\u2067database");
      if (number === 2) return `HTTP/1.1 400 \u009b2J\r\ncontent-length: 12\r\n\r\n\x1b[2J\u2028\nabcd`;
      if (number === 3) return httpAnswer(302, "location: ws://\u2067.test/\u009b");
      return undefined;
    };
    scene.server.onMessage = (socket, message) => {
      if (message[2] !== "device" || message[3] !== "phx_join" || scene.server.sockets.length > 4) return false;
      socket.reply(message, "error", { reason: hostile });
      return true;
    };
    scene.advance(minute);
    scene.server.socket.cut("reset");
    scene.advance(minute);
    const { socket } = scene.server;
    socket.send(null, null, "device", "update_mode", { mode: "automatic" });
    socket.send(null, null, "device", "update_rejected", { reason: hostile });
    socket.send(null, null, "device", "update_available", { available: true, firmware_meta: { version: hostile } });
    socket.send(null, null, "device", "update", {
      update_available: true,
      firmware_url: `http://files.test:4001/${hostile}`,
      firmware_meta: { uuid: hostile, version: hostile, product: hostile, platform: hostile, architecture: hostile },
    });
    socket.send(null, null, "console", "file-data/start", { filename: hostile });
    scene.advance(minute);
    allPrintable(scene.lines);
    for (const text of ["\\u009b2J\\u2067database", "owned\\u0007"])
      assert.ok(
        scene.lines.some((line) => line.includes(text)),
        `${text}\n${scene.lines.join("\n")}`,
      );
    assert.deepEqual(scene.server.refused, []);
  });
});

describe("control characters: what an application is told of a server's words", () => {
  it("is a fault of one bounded printable line", () => {
    const faults: Fault[] = [];
    const scene = new LinkScene({ client: { error: (fault) => faults.push(fault) } });
    scene.server.onMessage = (socket, message) => {
      if (message[3] !== "phx_join") return false;
      socket.reply(message, "error", { reason: `${hostile}${"x".repeat(10_000)}` });
      return true;
    };
    scene.advance(10 * minute);
    const fault = faults.find(({ code }) => code === "join-failed")!;
    allPrintable([fault.message]);
    assert.ok(fault.message.includes("owned\\u0007\\u007f\\u009b2J\\u202e\\u2028\\u0000\\u000d\\u000anerveshub info"));
    assert.ok(fault.message.length < 500, fault.message);
  });

  it("is a refusal of one printable line", () => {
    const reasons: string[] = [];
    const scene = new LinkScene({ managedUpdates: { rejected: (reason) => void reasons.push(reason) } });
    scene.advance(minute);
    scene.server.socket.send(null, null, "device", "update_rejected", { reason: hostile });
    scene.advance(1000);
    assert.equal(reasons.length, 1);
    allPrintable(reasons);
  });
});

describe("control characters: a fault", () => {
  it("has a message and a stack without them, whoever makes it", () => {
    const made = new Fault("join", "x", hostile);
    const taken = asFault(new Error(hostile), "application", "x");
    allPrintable([made.message, taken.message, String(made)]);
    assert.ok(!made.stack!.includes("\x1b"));
  });

  it("shows a stack in lines that no message can forge", () => {
    const [first, ...others] = stackOf(new Error(hostile)).split("\n");
    allPrintable([first, ...others]);
    assert.ok(first.includes("owned"), first);
    for (const line of others) assert.ok(line.startsWith("    "), line);
  });
});
