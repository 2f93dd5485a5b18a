/*
 * The replay engine: plays the device's side of a recording against our hub, at the recorded times, and compares every
 * answer, every push, every close code and the state of the device with what the real server did.
 *
 * Time is virtual and follows the recording. What the operator did is done by recorded-operator.ts. Nothing in here knows
 * a recording by name; what a recording needs beside itself is its Setting.
 */

import { Hub } from "../../../tools/hub/hub.js";
import type { HubOptions } from "../../../tools/hub/options.js";
import { assert, fixture } from "../harness.js";
import { ManualTimers } from "../manual-timers.js";
import { Player } from "./player.js";
import { recording, startOf } from "./recording.js";

/** What the recorded server was set up with, as far as it is not in the recording. */
export interface Setting {
  readonly options?: Partial<HubOptions>;
  /** Images on the server, files of fixtures. */
  readonly images?: readonly string[];
  /** The recording is played up to here, ms: what follows needs what is not among the fixtures. */
  readonly untilMs?: number;
  /** What a note says was done behind the scenes. */
  readonly notes?: (text: string, hub: Hub) => void;
}

const productKey = "nhp_9Jzoak1/tSPBvo+pMuITeea7tQzdQ5gxjVv32xVNlIs";
const productSecret = "GyILyYdKAXjhJkWSoYc+T2VpJigPGykJckLug/t1Hck";
/** From the note in connect-device-secret. */
const deviceKey = {
  key: "nhd_loeqH9a98mJpXVs3f1HejW8sesywCBvmqj3HY9hMszg",
  secret: "/hD2oWOqE9qGc+T5IF84kljOxGQBIndxDN8M7QMn0oc",
  identifier: "dev-secret-01",
};
const recordedExtensions = ["geo", "health", "local_shell", "logging", "network_identity"];

export async function replay(name: string, setting: Setting = {}): Promise<void> {
  const records = recording(name);
  const timers = new ManualTimers();
  const start = startOf(records);
  timers.now = start;
  const hub = new Hub({
    product: "nh-demo",
    keys: [{ key: productKey, secret: productSecret }, deviceKey],
    clock: { now: () => timers.now },
    timers,
    protocol: "2026-08",
    offerDelayMs: 3,
    extensions: new Map(recordedExtensions.map((extension) => [extension, ["0.0.1"]])),
    groupTags: ["beta"],
    storage: "local",
    ...setting.options,
  });
  await hub.start();
  for (const image of setting.images ?? []) {
    const added = hub.addImage(fixture(`transcripts/fixtures/${image}`), image);
    assert.ok(typeof added !== "string", String(added));
  }
  const player = new Player(name, records, hub, setting.notes);
  try {
    for (const [index, record] of records.entries()) {
      if (record.t >= (setting.untilMs ?? Number.POSITIVE_INFINITY)) return;
      timers.advance(Math.max(0, start + record.t - timers.now));
      await player.play(record, index);
    }
    player.finish();
  } finally {
    player.end();
    await hub.stop();
  }
}
