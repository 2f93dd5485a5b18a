/*
 * Our device against what a real NervesHub said (test/fixtures/transcripts, recorded on 2026-11-21). The hub's side of the
 * same records is in test/tools/hub.
 */

import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import { openPartition, partitionTable } from "../../hosts/flash-model/partition-table.js";
import { FileServer } from "../support/file-server.js";
import { assert, crypto, describe, fixture, it } from "../support/harness.js";
import { ManualTimers } from "../support/manual-timers.js";
import { ReplayServer, recordedConnections } from "../support/replay-server.js";
import { runTimers } from "../support/update-scene.js";
import { VirtualDevice } from "../support/virtual-device.js";

const hubPort = 4002;
/** Where the recorded server kept its files. */
const filePort = 4000;
const minute = 60000;

interface Replay {
  server: ReplayServer;
  device: VirtualDevice;
  connections: number;
  log: string;
}

const first = fixture("transcripts/fixtures/app-1.0.0.bin");

/** Plays every connection of a transcript to one device that runs the recorded first image. */
async function replay(name: string, file = "app-1.1.0.bin"): Promise<Replay> {
  const timers = new ManualTimers();
  const table = partitionTable({ slotSize: 65536 });
  const flash = new MemoryFlash(table.flashSize, 16);
  openPartition(flash, table.slots[0]).write(0, first);
  const connections = recordedConnections(fixture(`transcripts/${name}.jsonl`));
  const server = new ReplayServer(crypto, timers, connections);
  const files = new FileServer(fixture(`transcripts/fixtures/${file}`));
  const servers = new Map([
    [hubPort, server.accept.bind(server)],
    [filePort, files.accept.bind(files)],
  ]);
  const device = new VirtualDevice({ flash, table, crypto, timers, servers, chipId: 9, link: { port: hubPort } });
  device.powerOn();
  await runTimers(timers, () => server.played === connections.length, 400 * minute);
  await runTimers(timers, () => false, 5 * minute);
  return { server, device, connections: connections.length, log: device.lines.join("\n") };
}

function runningVersion({ device }: Replay): string | undefined {
  const lines = device.lines.filter((line) => line.includes("Running nh-demo"));
  return /Running nh-demo (\S+)/.exec(lines[lines.length - 1] ?? "")?.[1];
}

function statuses({ server }: Replay): string[] {
  return server.received
    .filter(([, , , event]) => event === "status_update")
    .map(([, , , , { status }]) => String(status));
}

/** Every exchange ends with a device that is alive and has met no exception. */
function alive(played: Replay): void {
  assert.equal(played.server.played, played.connections, played.log);
  assert.ok(!/threw|TypeError|undefined is not/.test(played.log), played.log);
}

describe("transcripts, device side", () => {
  for (const name of ["connect-product-secret", "connect-device-secret", "connect-web-endpoint"]) {
    it(`${name}: joins with complete metadata and the four headers`, async () => {
      const played = await replay(name);
      alive(played);
      for (const header of [
        "x-nh-alg: NH1-HMAC-sha256-1000-32",
        "x-nh-key: ",
        "x-nh-time: ",
        "x-nh-signature: SFMyNTY.",
      ]) {
        assert.ok(played.server.requests[0].includes(header), header);
      }
      const [joinRef, ref, topic, event, payload] = played.server.received[0];
      assert.deepEqual([joinRef, ref, topic, event], ["1", "1", "device", "phx_join"]);
      const { esp_idf_app_elf_sha256: elf, esp_idf_chip_id: chip, esp_idf_version: version } = payload as never;
      assert.equal(elf, "ea5a8931c653b7415f37b52d0fe83eaa6f3f3b6be37b12e7d43528e0a07eb454");
      assert.deepEqual([chip, version], [9, "1.0.0"]);
      assert.ok(played.log.includes('Joined "device"'));
    });
  }

  it("update-by-deployment: the offered image is installed, restarted into and confirmed", async () => {
    const played = await replay("update-by-deployment");
    alive(played);
    assert.equal(runningVersion(played), "1.1.0");
    assert.ok(played.log.includes("is confirmed"), played.log);
    assert.deepEqual(statuses(played).slice(0, 3), ["received", "started", "completed"]);
    assert.equal(played.server.received.filter(([, , , event]) => event === "firmware_validated").length, 1);
  });

  it("update-delta: the server's patch rebuilds the new image", async () => {
    const played = await replay("update-delta", "delta-1.0.0-1.1.0.patch");
    assert.ok(!/threw|TypeError/.test(played.log), played.log);
    assert.equal(runningVersion(played), "1.1.0");
  });

  for (const name of ["update-manual", "update-nerves-link-style", "update-status-completed", "update-attempts"]) {
    it(`${name}: the offer leads to the new image`, async () => {
      const played = await replay(name);
      assert.ok(!/threw|TypeError/.test(played.log), played.log);
      assert.equal(runningVersion(played), "1.1.0");
    });
  }

  it("update-interrupted: the rejoin during a download says what is being downloaded", async () => {
    const played = await replay("update-interrupted");
    assert.ok(!/threw|TypeError/.test(played.log), played.log);
    assert.equal(runningVersion(played), "1.1.0");
  });

  it("duplicate-connection: 1001 is followed by another connection, after a wait", async () => {
    const played = await replay("duplicate-connection");
    alive(played);
    assert.ok(played.log.includes("[replaced]"), played.log);
  });

  it("operator-actions: identify, reboot and reconnect are obeyed", async () => {
    const played = await replay("operator-actions");
    alive(played);
    assert.ok(played.device.restarts >= 1, played.log);
  });

  it("protocol-double-join: the late phx_close of an old join ends nothing", async () => {
    const played = await replay("protocol-double-join");
    alive(played);
  });

  it("protocol-crash-and-rejoin: a crashed channel is joined again on the same socket", async () => {
    const played = await replay("protocol-crash-and-rejoin");
    alive(played);
    const joins = played.server.received.filter(([, , topic, event]) => topic === "device" && event === "phx_join");
    assert.ok(joins.length > played.connections, `${joins.length} joins on ${played.connections} connections`);
  });

  const others = [
    "auth-clock",
    "auth-failures",
    "device-moved",
    "firmware-download",
    "idle-bytes-without-a-frame",
    "idle-dropped-messages",
    "idle-heartbeat-every-150s",
    "idle-joined-no-heartbeat",
    "idle-never-joined",
    "idle-server-pushes-only",
    "idle-websocket-pings-only",
    "idle-websocket-pongs-only",
    "platform-unavailable",
    "protocol-bad-frames",
    "protocol-bad-payloads",
    "protocol-refs",
    "protocol-topics-and-events",
    "server-shutdown",
    "update-auto-revert",
    "update-manual-variants",
    "update-status-bad-fields",
    "update-status-failed",
    "update-status-fwup-error",
    "update-status-ignored",
    "update-status-phantom-blocks",
    "update-status-rescheduled",
    "update-status-rescheduled-without-delay",
    "update-status-unknown-status",
    "update-status-without-update",
    "upgrade-handshake-variants",
    "upgrade-paths",
  ];
  for (const name of others) {
    it(`${name}: whatever the server says, the device stays alive and goes on`, async () => {
      const played = await replay(name);
      assert.ok(!/threw|TypeError|undefined is not/.test(played.log), played.log);
      assert.ok(played.server.played > 0 || played.connections === 0, played.log);
    });
  }
});
