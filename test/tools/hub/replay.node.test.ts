/*
 * The real server's recorded answers to a device, asked of our hub: the hub is honest where they are equal. What differs
 * on purpose is listed in deviations.ts.
 */

import type { Hub } from "../../../tools/hub/hub.js";
import type { HubOptions } from "../../../tools/hub/options.js";
import { describe, fixture, it } from "../../support/harness.js";
import { newUuid, oldUuid } from "../../support/hub/desk.js";
import { replay, type Setting } from "../../support/hub/replay.js";

const bothImages = ["app-1.0.0.bin", "app-1.1.0.bin"];
const inGroup: Setting = { images: bothImages };
/** A group for every device, made in the course of the recording. */
const later: Setting = { images: bothImages, options: { groupTags: [], automaticUpdates: false } };

/** The group is there from the note on that begins so. */
function groupFrom(note: string): (text: string, hub: Hub) => void {
  return (text, hub) => {
    if (text.startsWith(note)) hub.orchestrator.active = true;
  };
}

/** A group with that tag whose release comes in the course of the recording. */
function released(tag: string, options: Partial<HubOptions> = {}): Setting {
  return { images: ["app-1.0.0.bin"], options: { groupTags: [tag], automaticUpdates: false, ...options } };
}

/** "the server makes a patch" */
function recordedPatch(note: string, hub: Hub): void {
  if (note.startsWith("new release"))
    hub.deltas.add(oldUuid, newUuid, fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch"));
}

/** "its time is set back" */
function endOfBlock(note: string, hub: Hub): void {
  groupFrom("each time")(note, hub);
  if (note.startsWith("the block ends")) hub.device("dev-attempts")!.blockedUntil = 0;
}

function halfAnHour(note: string, hub: Hub): void {
  groupFrom("a device of a group")(note, hub);
  if (!note.startsWith("30 minutes later")) return;
  hub.device("dev-phantom")!.inflight!.touchedAt -= 30 * 60_000;
  hub.orchestrator.expire();
}

function connectingCode(note: string, hub: Hub): void {
  if (note.startsWith("connecting code")) hub.operator.setConnectingCode("dev-scr", "hello()");
}

const organisationKey = "JB7ey1Pczjml9AcBePVTh5sg6+dSuK6JhS5g7tO1laU=";

const recordings: readonly (readonly [name: string, setting?: Setting])[] = [
  ["connect-product-secret"],
  ["connect-device-secret"],
  ["auth-failures"],
  ["auth-clock"],
  ["auth-parameters"],
  ["upgrade-paths"],
  ["protocol-double-join"],
  ["protocol-topics-and-events"],
  ["protocol-refs"],
  ["protocol-bad-frames"],
  ["protocol-bad-payloads"],
  ["protocol-crash-and-rejoin"],
  ["protocol-join-payloads", inGroup],
  ["protocol-join-meta", inGroup],
  ["duplicate-connection"],
  ["operator-actions"],
  ["firmware-download", inGroup],
  ["update-by-deployment", { ...inGroup, options: { automaticUpdates: false } }],
  ["update-manual", inGroup],
  ["update-interrupted", inGroup],
  ["update-attempts", { ...later, notes: endOfBlock, untilMs: 27_388 }],
  ["update-rollback-loop", { ...later, notes: groupFrom("five rounds") }],
  ["update-status-bad-fields", { images: bothImages, options: { groupTags: [], concurrentUpdates: 100 } }],
  ["update-status-completed", inGroup],
  ["update-status-failed", inGroup],
  ["update-status-fwup-error", inGroup],
  ["update-status-ignored", inGroup],
  ["update-status-phantom-blocks", { ...later, notes: halfAnHour }],
  ["update-status-rescheduled", inGroup],
  ["update-status-rescheduled-without-delay", inGroup],
  ["update-status-unknown-status", inGroup],
  ["update-status-without-update"],
  ["idle-never-joined"],
  ["idle-joined-no-heartbeat"],
  ["idle-heartbeat-every-150s"],
  ["idle-dropped-messages"],
  ["idle-bytes-without-a-frame"],
  ["idle-server-pushes-only"],
  ["idle-websocket-pings-only"],
  ["idle-websocket-pongs-only"],
  ["console"],
  ["scripts", { notes: connectingCode }],
  ["extensions"],
  ["extensions-payloads"],
  ["extensions-join-variants"],
  ["extensions-intervals", { options: { healthIntervalMs: 60_000, geoIntervalMs: 60_000 } }],
  ["public-keys", { options: { publicKeys: { fwup: [organisationKey], archive: [organisationKey] } } }],
  ["protocol-join-again", inGroup],
  ["update-nerves-link-style", inGroup],
  ["update-new-release-while-online", released("live", { roundIntervalMs: 121_000 })],
  ["update-delta", { ...released("patch", { deltas: "auto" }), notes: recordedPatch }],
];

describe("desk hub, recorded exchanges", () => {
  for (const [name, setting] of recordings) it(`answers as the real server did: ${name}`, () => replay(name, setting));
});
