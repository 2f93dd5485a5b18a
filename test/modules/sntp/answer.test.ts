import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { timeBounds } from "../../../modules/ota/build-time.js";
import { maxRootDistanceMs, readAnswer } from "../../../modules/sntp/answer.js";
import { sntpRequest } from "../../../modules/sntp/request.js";
import { assert, describe, it } from "../../support/harness.js";
import { limit } from "../../support/limit.js";
import { type AnswerFields, ntpAnswer } from "../../support/ntp-answer.js";

const builtMs = Date.UTC(2026, 10, 1);
const nowMs = Date.UTC(2026, 10, 30, 12, 0, 0, 250);
const bounds = timeBounds(builtMs);
const request = sntpRequest(new SeededRandom(1));

function read(fields: AnswerFields, within = bounds) {
  return readAnswer(ntpAnswer(request, { sentMs: nowMs, ...fields }), request, within);
}

/** The time read, or the word for what it is. */
function timeOf(sentMs: number, built: number): number | string {
  const answer = read({ sentMs }, timeBounds(built));
  return answer.type === "time" ? Math.round(answer.sentMs) : answer.type;
}

/** Moments where 32 bits of seconds end, or a sign bit of theirs turns, and what lies behind them. */
const moments = [
  Date.UTC(2036, 1, 7, 6, 28, 15),
  Date.UTC(2036, 1, 7, 6, 28, 16, 1),
  Date.UTC(2036, 1, 7, 6, 28, 17),
  Date.UTC(2038, 0, 19, 3, 14, 7),
  Date.UTC(2038, 0, 19, 3, 14, 8),
  Date.UTC(2038, 0, 19, 3, 14, 9),
  Date.UTC(2040, 1, 29),
  Date.UTC(2046, 0, 1),
];

describe("item 12: dates of 2036 and after, in SNTP's answers", () => {
  it("takes a healthy server's time, with what it kept the request for", () => {
    const answer = read({ receivedMs: nowMs - 40 });
    assert.equal(answer.type, "time");
    if (answer.type !== "time") return;
    assert.ok(Math.abs(answer.sentMs - nowMs) < 0.01);
    assert.ok(Math.abs(answer.heldMs - 40) < 0.01);
  });

  it("takes times from before and after NTP's seconds begin anew in 2036, and the sign of 32 bits turns in 2038", () => {
    for (const ms of moments) assert.equal(timeOf(ms, builtMs), ms, new Date(ms).toISOString());
  });

  it("takes times of 2100 in firmware that was built not long before", () => {
    assert.equal(timeOf(Date.UTC(2100, 0, 1), Date.UTC(2085, 0, 1)), Date.UTC(2100, 0, 1));
  });

  it("believes nothing before this software was built, nothing 20 years after, and both ends", () => {
    assert.equal(timeOf(bounds.earliestMs - 1000, builtMs), "refused");
    assert.equal(timeOf(bounds.latestMs + 1000, builtMs), "refused");
    assert.equal(timeOf(bounds.earliestMs, builtMs), bounds.earliestMs);
    assert.equal(timeOf(bounds.latestMs, builtMs), bounds.latestMs);
    assert.equal(timeOf(Date.UTC(1970, 0, 1), builtMs), "refused");
    assert.equal(timeOf(Date.UTC(2100, 0, 1), builtMs), "refused");
  });

  it("takes the answers that servers of other makes give", () => {
    const good: [string, AnswerFields][] = [
      ["version 3", { version: 3 }],
      ["a leap second is near", { leap: 1 }],
      ["stratum 1", { stratum: 1 }],
      ["stratum 15", { stratum: 15 }],
      ["a MAC behind it", { behind: 20 }],
      ["Windows' dispersion of 10 s", { rootDispersion: 10.4 }],
      ["no reference time", { referenceMs: undefined }],
    ];
    for (const [name, fields] of good) assert.equal(read(fields).type, "time", name);
  });

  it("refuses every answer that is no time, although it is one to the request", () => {
    const bad: [string, AnswerFields][] = [
      ["transmit time zero", { sentMs: undefined, referenceMs: undefined, receivedMs: nowMs }],
      ["transmit time zero, and all others", { sentMs: undefined, referenceMs: undefined, receivedMs: undefined }],
      ["receive time zero", { receivedMs: undefined }],
      ["leap 3: unsynchronised", { leap: 3 }],
      ["stratum 16: unsynchronised", { stratum: 16 }],
      ["stratum 255", { stratum: 255 }],
      ["a client's packet sent back", { mode: 3 }],
      ["symmetric mode", { mode: 2 }],
      ["a broadcast", { mode: 5 }],
      ["a control message", { mode: 6 }],
      ["mode 0", { mode: 0 }],
      ["version 1", { version: 1 }],
      ["version 7", { version: 7 }],
      ["a negative delay", { rootDelay: -1 }],
      ["sent before it was received", { receivedMs: nowMs + 1000 }],
      ["set after it was sent", { referenceMs: nowMs + 1000 }],
    ];
    for (const [name, fields] of bad) assert.equal(read(fields).type, "refused", name);
  });

  limit("maxRootDistanceMs", "a server that may be wrong by a little less is believed, one by that much is not", () => {
    const step = 1 / 65536;
    const atMost = maxRootDistanceMs / 1000;
    assert.equal(read({ rootDelay: 0, rootDispersion: atMost - step }).type, "time");
    assert.equal(read({ rootDelay: 0, rootDispersion: atMost }).type, "refused");
    assert.equal(read({ rootDelay: 2 * (atMost - step), rootDispersion: 0 }).type, "time");
    assert.equal(read({ rootDelay: 2 * atMost, rootDispersion: 0 }).type, "refused");
  });

  it("reads a kiss of death as that, and never as a time", () => {
    assert.deepEqual(read({ stratum: 0, leap: 3, referenceId: "RATE" }), { type: "kiss", code: "RATE" });
    assert.deepEqual(read({ stratum: 0, referenceId: "DENY" }), { type: "kiss", code: "DENY" });
    assert.deepEqual(read({ stratum: 0, referenceId: "\u001b[2J" }), { type: "kiss", code: "???J" });
  });

  it("does not hear whoever has not seen the request", () => {
    const sealed = ntpAnswer(request, { sentMs: nowMs });
    assert.equal(readAnswer(sealed, sntpRequest(new SeededRandom(2)), bounds).type, "foreign");
    assert.equal(read({ origin: new Uint8Array(8) }).type, "foreign");
    assert.equal(read({ origin: new Uint8Array(8), stratum: 0, referenceId: "DENY" }).type, "foreign");
    for (let at = 24; at < 32; at++) {
      const forged = ntpAnswer(request, { sentMs: nowMs });
      forged[at] ^= 1;
      assert.equal(readAnswer(forged, request, bounds).type, "foreign", `byte ${at}`);
    }
  });

  it("does not hear what is too short to be an answer", () => {
    const whole = ntpAnswer(request, { sentMs: nowMs });
    for (let length = 0; length < 48; length++)
      assert.equal(readAnswer(whole.subarray(0, length), request, bounds).type, "foreign");
  });

  it("never throws and never leaves the bounds, whatever comes", () => {
    const random = new SeededRandom(3);
    const bytes = new Uint8Array(48);
    for (let i = 0; i < 2000; i++) {
      random.fill(bytes);
      bytes.set(request.subarray(40, 48), 24);
      bytes[0] = (bytes[0] & 0xc0) | 0x24;
      const answer = readAnswer(bytes, request, bounds);
      if (answer.type === "time") assert.ok(answer.sentMs >= bounds.earliestMs && answer.sentMs <= bounds.latestMs);
    }
  });

  it("asks in version 4 as a client, and says nothing of this device but a random number", () => {
    const one = sntpRequest(new SeededRandom(5));
    assert.equal(one.byteLength, 48);
    assert.equal(one[0], 0x23);
    assert.ok(one.subarray(1, 40).every((byte) => byte === 0));
    const other = sntpRequest(new SeededRandom(6));
    assert.ok(one.subarray(40).some((byte, i) => byte !== other[40 + i]));
  });
});
