/*
 * How connections ended in the recorded exchanges: the errors that Node met there, and the close codes of the real
 * server, each with the code that the agent gives. What was answered in HTTP is in diagnosis.test.ts.
 */

import { type ConnectionPhase, networkFault } from "../../../hosts/node/network-fault.js";
import { closeFault } from "../../../src/connection/diagnosis.js";
import { assert, describe, it } from "../../support/harness.js";
import { recording } from "../../support/hub/recording.js";

/** Codes for the socket errors of a recording, in their order. */
function errors(name: string, phase: ConnectionPhase, secure = true): string[] {
  const options = { host: "hub.test", port: 443, connectTimeoutMs: 1000 };
  const found = recording(name).filter(({ kind }) => kind === "socket.error");
  return found.map((error) => networkFault(error, phase, secure ? { ...options, secure: {} } : options).code);
}

/** Codes for the close frames that the server began. */
function closes(name: string): string[] {
  const frames = recording(name).filter(({ kind, op }) => kind === "recv" && op === "close");
  return frames.map(({ code }) => closeFault(code as number).code);
}

const refusals = (count: number): string[] => Array<string>(count).fill("tls-alert-40");

describe("recorded ends of connections", () => {
  for (const [name, expected] of [
    ["cert-variants", [...refusals(4), "tls-alert-71", "tls-alert-71", "tls-alert-70"]],
    ["cert-self-signed", refusals(5)],
    ["cert-pinned", refusals(4)],
    ["connect-cert-refused", ["tls-alert-40", "tls-alert-70"]],
    ["tls13", refusals(1)],
    ["rate-limit", ["handshake-closed", "handshake-closed", "handshake-closed"]],
  ] as const) {
    it(`${name}: every socket error has its code`, () => {
      assert.deepEqual(errors(name, "tls"), expected);
    });
  }

  for (const [name, expected] of [
    ["server-shutdown", ["drained", "drained"]],
    ["duplicate-connection", ["replaced", "closed"]],
    ["device-moved", ["replaced"]],
    ["operator-actions", ["replaced"]],
    ["platform-unavailable", ["closed"]],
  ] as const) {
    it(`${name}: every close of the real server has its code`, () => {
      assert.deepEqual(closes(name), expected);
    });
  }

  it("server-shutdown: connecting meanwhile is a connection that was cut", () => {
    assert.deepEqual(errors("server-shutdown", "open", false), ["connection-reset"]);
  });
});
