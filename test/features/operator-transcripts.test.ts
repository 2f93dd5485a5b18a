/*
 * Extensions, console, scripts, keys and archives against what a real NervesHub said (test/fixtures/transcripts). The
 * recorded server is that of August 2026: it lists no extension versions.
 */

import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { openPartition, partitionTable } from "../../hosts/flash-model/partition-table.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import type { LinkWithFeatures } from "../support/all-features.js";
import { FileServer } from "../support/file-server.js";
import { assert, crypto, describe, fixture, it } from "../support/harness.js";
import { ManualTimers } from "../support/manual-timers.js";
import { ReplayServer, recordedConnections } from "../support/replay-server.js";
import { runTimers } from "../support/update-scene.js";
import { VirtualDevice } from "../support/virtual-device.js";

const hubPort = 4002;
const filePort = 4000;
const archive = new Uint8Array(652).map((_, i) => i & 255);
const image = fixture("transcripts/fixtures/app-1.0.0.bin");

const everything: LinkWithFeatures = {
  console: true,
  localShell: true,
  geo: { latitude: 52.1, longitude: 4.3 },
  networkIdentity: () => [{ service: "tailscale", identifier: "nodekey:0000" }],
  commands: [{ name: "1", help: "One", run: () => "1" }],
};

type Message = readonly [
  joinRef: unknown,
  ref: unknown,
  topic: string,
  event: string,
  payload: Record<string, unknown>,
];

interface Played {
  device: VirtualDevice;
  /** By topic. */
  said(topic: string): readonly Message[];
  log: string;
}

async function replay(name: string, link: LinkWithFeatures = everything): Promise<Played> {
  const timers = new ManualTimers();
  const table = partitionTable({ slotSize: 65536 });
  const flash = new MemoryFlash(table.flashSize, 16);
  openPartition(flash, table.slots[0]).write(0, image);
  const lines = decodeUtf8(fixture(`transcripts/${name}.jsonl`)).split("\n");
  // Beside the device's there is a user's connection in some.
  const devices = lines.filter((line) => !line.includes('"conn":"user"'));
  const connections = recordedConnections(encodeUtf8(devices.join("\n")));
  const server = new ReplayServer(crypto, timers, connections);
  const files = new FileServer(archive);
  const servers = new Map([
    [hubPort, server.accept.bind(server)],
    [filePort, files.accept.bind(files)],
  ]);
  const device = new VirtualDevice({
    flash,
    table,
    crypto,
    timers,
    servers,
    chipId: 9,
    link: { ...link, port: hubPort },
  });
  device.powerOn();
  await runTimers(timers, () => server.played === connections.length, 24 * 3600_000);
  await runTimers(timers, () => false, 300_000);
  const log = device.lines.join("\n");
  assert.ok(!/threw|TypeError|undefined is not/.test(log), log);
  assert.ok(server.played > 0);
  return {
    device,
    log,
    said: (topic) => (server.received as unknown as Message[]).filter((message) => message[2] === topic),
  };
}

function payloads(messages: readonly Message[], event: string): Record<string, unknown>[] {
  return messages.filter((message) => message[3] === event).map((message) => message[4]);
}

describe("transcripts, what the agent serves", () => {
  it("extensions: lowest versions, attached as granted, answers to what was asked, detached and attached again", async () => {
    const { said, log } = await replay("extensions");
    const messages = said("extensions");
    const [join] = payloads(messages, "phx_join");
    assert.equal(join["logging"], "0.0.1");
    assert.equal(join["health"], "0.0.1");
    for (const key of ["geo", "health", "local_shell", "logging", "network_identity"])
      assert.ok(payloads(messages, `${key}:attached`).length > 0, `${key}\n${log}`);
    for (const key of ["metrics", "alarms", "error_reports"])
      assert.ok(!messages.some(([, , , event]) => event.startsWith(`${key}:`)), key);
    assert.ok(payloads(messages, "health:report").length >= 1);
    assert.deepEqual(payloads(messages, "geo:location:update")[0], {
      latitude: 52.1,
      longitude: 4.3,
      source: "device",
    });
    assert.ok(payloads(messages, "logging:send").every(({ message, meta }) => message && meta));
    assert.equal(payloads(messages, "geo:detached").length, 1);
    assert.ok(payloads(messages, "geo:attached").length >= 2);
    const shell = payloads(messages, "local_shell:shell_output").map(({ data }) => data);
    assert.ok(shell.join("").includes('"ls" is not a command of this device'));
  });

  it("nothing is said for an extension before its attached", async () => {
    for (const name of ["extensions", "extensions-permissions", "extensions-join-variants", "extensions-payloads"]) {
      const { said } = await replay(name);
      const attached = new Set<string>();
      for (const [, , , event] of said("extensions")) {
        const [key, what] = event.split(":");
        if (event === "phx_join") attached.clear();
        else if (what === "attached") attached.add(key);
        else if (what !== undefined && what !== "detached") assert.ok(attached.has(key), `${name}: ${event}`);
      }
    }
  });

  it("console: keys are echoed, files declined, only up is ever pushed", async () => {
    const { said, log } = await replay("console");
    const messages = said("console");
    assert.ok(messages.every(([, , , event]) => event === "up" || event === "phx_join"));
    const output = payloads(messages, "up")
      .map(({ data }) => data)
      .join("");
    assert.ok(output.includes("> 1\r\n1\r\n"), output);
    assert.ok(output.includes('takes no files; "a.txt"'), output);
    assert.ok(output.includes('"1+1" is not a command'), output);
    // phx_error ended the recorded channel; the recording stops before it would be joined again.
    assert.match(log, /process behind "console" ended: channel_crash. Joining again/);
  });

  it("scripts: every script is answered by its ref, with a refusal in words, and never with nil", async () => {
    const { said } = await replay("scripts");
    const answers = payloads(said("device"), "scripts/run");
    assert.ok(answers.some(({ ref }) => ref === "gSU2dA") && answers.some(({ ref }) => ref === "connecting_code"));
    for (const answer of answers) {
      assert.ok(typeof answer["output"] === "string" && answer["output"] !== "");
      assert.equal(answer["return"], "");
    }
  });

  it("archive: downloaded once, although every join offers it", async () => {
    const taken: number[] = [];
    let finished = 0;
    const { log } = await replay("archive", {
      archives: {
        available: () => "download",
        writer: {
          begin: () => {},
          write: (chunk) => void taken.push(...chunk),
          finish: () => {
            finished++;
          },
          abort: () => {},
        },
      },
    });
    assert.equal(finished, 1, log);
    assert.deepEqual(taken, [...archive]);
  });

  it("public-keys: kept", async () => {
    const { device } = await replay("public-keys");
    assert.ok(device.features.serverKeys.keys("firmware").length > 0, device.lines.join("\n"));
  });

  const others = [
    "console-variants",
    "extensions-intervals",
    "extensions-join-variants",
    "extensions-logging-rules",
    "extensions-payloads",
    "extensions-permissions",
    "scripts-late",
  ];
  for (const name of others) {
    it(`${name}: whatever the server says, nothing throws`, async () => {
      await replay(name);
    });
  }
});
