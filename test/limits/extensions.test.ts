/*
 * Bounds of the extensions, at the limit and one beyond it.
 */

import { encodeUtf8 } from "../../modules/text/utf8.js";
import type { Pusher } from "../../src/connection/channel-handler.js";
import { maxFeatureBacklogBytes } from "../../src/connection/device-pusher.js";
import { RecentLines } from "../../src/device/recent-lines.js";
import { maxMetricNameBytes, Vitals } from "../../src/device/vitals.js";
import {
  Alarms,
  alarmsRate,
  maxAlarmAgeMs,
  maxAlarmDescriptionCharacters,
  maxAlarmNameBytes,
  maxAlarmNameCharacters,
  maxAlarms,
} from "../../src/features/alarms/alarms.js";
import {
  Components,
  maxComponentOutputCharacters,
  maxComponentRequests,
} from "../../src/features/components/components.js";
import { ConsoleChannel } from "../../src/features/console/console-channel.js";
import {
  maxCrashLogCharacters,
  maxCrashStackCharacters,
  maxErrorReasonCharacters,
  readCrash,
} from "../../src/features/error-reports/crash-record.js";
import {
  ErrorReports,
  errorReportsRate,
  maxErrorContextCharacters,
  maxErrorContextEntries,
  maxErrorMessageCharacters,
  maxErrorReports,
} from "../../src/features/error-reports/error-reports.js";
import { maxErrorFrames, stackFrames } from "../../src/features/error-reports/stack-frames.js";
import { answerRate } from "../../src/features/extensions/answer.js";
import type { Attachment, Extension } from "../../src/features/extensions/extension.js";
import { Extensions } from "../../src/features/extensions/extensions.js";
import { ExtensionsChannel } from "../../src/features/extensions/extensions-channel.js";
import { maxListBytes } from "../../src/features/extensions/json-bytes.js";
import { maxBatchCharacters, Outbox, type Rate } from "../../src/features/extensions/outbox.js";
import { Geo, maxGeoSourceCharacters } from "../../src/features/geo/geo.js";
import { GeoIp, maxGeoIpBytes } from "../../src/features/geo/geoip.js";
import {
  Health,
  maxHealthMetadata,
  maxHealthMetadataBytes,
  maxHealthMetadataCharacters,
  maxHealthMetrics,
} from "../../src/features/health/health.js";
import {
  keptBootLines,
  LogRing,
  maxBufferedLogCharacters,
  maxBufferedLogLines,
} from "../../src/features/logging/log-ring.js";
import { Logging, loggingRate, maxLogLinesInMessage } from "../../src/features/logging/logging.js";
import {
  Metrics,
  maxDistinctMetrics,
  maxMetricNames,
  maxMetricReports,
  maxReadingAgeMs,
  metricsRate,
} from "../../src/features/metrics/metrics.js";
import {
  maxIdentities,
  maxIdentityCharacters,
  maxIdentityDetailsBytes,
  NetworkIdentity,
  type NetworkIdentityEntry,
} from "../../src/features/network-identity/network-identity.js";
import { assert, describe } from "../support/harness.js";
import { limit } from "../support/limit.js";
import { ScriptedNetwork } from "../support/scripted-network.js";
import { ServerSide, Stage, StageCore } from "../support/stage.js";

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

/** The fields of the last message that passed. */
const last = (server: ServerSide): Record<string, unknown> => server.sent.at(-1)?.payload ?? {};

function alarmsOf(stage: Stage): Alarms {
  return stage.core.install(new Alarms());
}

function metricsOf(stage: Stage): Metrics {
  return stage.core.install(new Metrics({ vitals: false }));
}

function errorsOf(stage: Stage, recentLog = ""): ErrorReports {
  // Of a run of its own: another link on the same store.
  const core = new StageCore(stage);
  if (recentLog !== "") Object.defineProperty(core.feature(RecentLines), "last", { value: () => [recentLog] });
  return core.install(new ErrorReports());
}

/** The report of `error`, as it is sent. */
function reported(error: unknown, context: Record<string, string> = {}): Record<string, unknown> {
  const stage = new Stage();
  const errors = errorsOf(stage);
  const server = new ServerSide(stage.timers, "0.1.0");
  errors.report(error, context);
  errors.attached(server);
  stage.timers.advance(5000);
  return server.all("reports")[0];
}

/** An extensions channel with one extension, and the port that it got. */
class ChannelScene {
  buffered = 0;
  detached = false;
  attachment: Attachment | undefined;
  readonly channel: ExtensionsChannel;
  #ref = 0;
  readonly #pusher: Pusher = { push: () => String(++this.#ref) };

  constructor() {
    const { core, log, timers } = new Stage();
    const extension = {
      key: "x",
      versions: ["0.0.1"],
      attached: (attachment: Attachment) => {
        this.attachment = attachment;
      },
      event: () => {},
      detached: () => {
        this.detached = true;
      },
    };
    const scene = this;
    const connection = {
      join: () => {},
      get bufferedBytes() {
        return scene.buffered;
      },
    };
    this.channel = new ExtensionsChannel(core.install(new Extensions([extension])), log, timers, connection);
    this.channel.joinPayload();
    this.channel.joined(["x"], this.#pusher);
  }

  /** @returns the ref of what was pushed last */
  send(): string {
    assert.equal(this.attachment?.send("event", {}), true);
    return String(this.#ref);
  }
}

/** How many messages go out at once, and how many more in the ten seconds behind. */
function paced(rate: Rate): { atOnce: number; later: number } {
  const { core, timers } = new Stage();
  let sent = 0;
  const sender = core.feature(Outbox).lane(rate, {
    flush: () => {
      sent++;
      return "sent";
    },
  });
  sender.wake();
  timers.advance(0);
  const atOnce = sent;
  timers.advance(10_000);
  sender.stop();
  return { atOnce, later: sent - atOnce };
}

function rateHolds(rate: Rate): void {
  const { atOnce, later } = paced(rate);
  assert.equal(atOnce, rate.burst);
  // A token is awaited to the millisecond above.
  assert.ok(later <= rate.perSecond * 10 && later >= rate.perSecond * 10 - 1, `${later} in 10 s`);
}

describe("limits: extensions", () => {
  limit(
    "maxFeatureBacklogBytes",
    "with so many bytes waiting extensions and console still send, not with one more",
    () => {
      const scene = new ChannelScene();
      scene.buffered = maxFeatureBacklogBytes;
      assert.equal(scene.attachment?.send("event", {}), true);
      scene.buffered++;
      assert.equal(scene.attachment?.send("event", {}), false);
      const shown = (buffered: number) => {
        const { core } = new Stage();
        let pushes = 0;
        core.bufferedBytes = buffered;
        new ConsoleChannel(core).joined({}, { push: () => String(++pushes) });
        return pushes;
      };
      assert.equal(shown(maxFeatureBacklogBytes), 1);
      assert.equal(shown(maxFeatureBacklogBytes + 1), 0);
    },
  );

  limit("maxBatchCharacters", "lines and readings that long in all go in one message, of a character more two", () => {
    /** How many messages each of them takes. */
    const messages = (extension: (stage: Stage) => Extension) => {
      const stage = new Stage();
      const server = new ServerSide(stage.timers, "0.1.0");
      extension(stage).attached(server);
      stage.timers.advance(20_000);
      return server.sent.length;
    };
    const logging = (more: string) => (stage: Stage) => {
      const extension = stage.core.install(new Logging());
      for (let i = 0; i < 8; i++) extension.write("info", "x".repeat(maxBatchCharacters / 8) + (i === 0 ? more : ""));
      return extension;
    };
    assert.deepEqual([messages(logging("")), messages(logging("x"))], [1, 2]);
    // A reading counts for its name and 76 characters.
    const metrics = (more: string) => (stage: Stage) => {
      const extension = metricsOf(stage);
      for (let i = 0; i < maxBatchCharacters / 128; i++) {
        extension.record("x".repeat(52) + (i === 0 ? more : ""), i);
        stage.timers.advance(2000);
      }
      return extension;
    };
    assert.deepEqual([messages(metrics("")), messages(metrics("x"))], [1, 2]);
  });

  limit("maxBufferedLogLines", "that many wait, of one more the oldest behind the boot goes and is counted", () => {
    const ring = new LogRing();
    const push = (i: number) => ring.push({ level: "info", message: String(i), atMs: i });
    for (let i = 0; i < maxBufferedLogLines; i++) push(i);
    assert.equal(ring.next(1000, 100_000).length, maxBufferedLogLines);
    push(maxBufferedLogLines);
    const lines = ring.next(1000, 100_000).map(({ message }) => message);
    assert.equal(lines.length, maxBufferedLogLines + 1);
    assert.ok(
      !lines.includes(String(keptBootLines)) && lines.some((line) => line.startsWith("1 log line was dropped")),
    );
  });

  limit("maxBufferedLogCharacters", "that many wait, of a character more a line goes", () => {
    const held = (characters: number) => {
      const ring = new LogRing();
      const size = maxBufferedLogCharacters / 16;
      for (let i = 0; i < 15; i++) ring.push({ level: "info", message: "x".repeat(size), atMs: i });
      ring.push({ level: "info", message: "x".repeat(characters - 15 * size), atMs: 15 });
      return ring.next(1000, 100_000).filter(({ level }) => level === "info").length;
    };
    assert.equal(held(maxBufferedLogCharacters), 16);
    assert.equal(held(maxBufferedLogCharacters + 1), 15);
  });

  limit("keptBootLines", "the last of so many lines after a start outlasts a flood, the one behind it does not", () => {
    const ring = new LogRing();
    for (let i = 1; i <= 1000; i++) ring.push({ level: "info", message: `line ${i}`, atMs: i });
    const lines = ring.next(1000, 100_000).map(({ message }) => message);
    assert.equal(lines.includes(`line ${keptBootLines}`), true);
    assert.equal(lines.includes(`line ${keptBootLines + 1}`), false);
  });

  limit("maxLogLinesInMessage", "that many lines go in one message, one more in the next", () => {
    const sent = (count: number) => {
      const stage = new Stage();
      const logging = stage.core.install(new Logging());
      const server = new ServerSide(stage.timers, "0.1.0");
      for (let i = 0; i < count; i++) logging.write("info", String(i));
      logging.attached(server);
      stage.timers.advance(5000);
      return server.sent.map(({ payload }) => (payload["lines"] as unknown[]).length);
    };
    assert.deepEqual(sent(maxLogLinesInMessage), [maxLogLinesInMessage]);
    assert.deepEqual(sent(maxLogLinesInMessage + 1), [maxLogLinesInMessage, 1]);
  });

  limit("loggingRate", "a burst goes at once, one more when its time has come", () => rateHolds(loggingRate));
  limit("metricsRate", "a burst goes at once, one more when its time has come", () => rateHolds(metricsRate));
  limit("answerRate", "a burst goes at once, one more when its time has come", () => rateHolds(answerRate));
  limit("alarmsRate", "a burst goes at once, one more when its time has come", () => rateHolds(alarmsRate));
  limit("errorReportsRate", "a burst goes at once, one more when its time has come", () => rateHolds(errorReportsRate));

  limit("maxMetricReports", "that many wait, of one more the oldest goes and is counted", () => {
    const waiting = (count: number) => {
      const stage = new Stage();
      const metrics = metricsOf(stage);
      for (let i = 0; i < count; i++) {
        metrics.record("a", i);
        stage.timers.advance(2000);
      }
      const server = new ServerSide(stage.timers, "0.1.0");
      metrics.attached(server);
      stage.timers.advance(20_000);
      return {
        sent: server.all("reports").length,
        said: stage.printed.some((line) => line.includes("1 readings were")),
      };
    };
    assert.deepEqual(waiting(maxMetricReports), { sent: maxMetricReports, said: false });
    assert.deepEqual(waiting(maxMetricReports + 1), { sent: maxMetricReports, said: true });
  });

  limit("maxMetricNames", "that many share a report, one more gets its own", () => {
    const reports = (count: number) => {
      const stage = new Stage();
      const metrics = metricsOf(stage);
      for (let i = 0; i < count; i++) metrics.record(`m${i}`, i);
      const server = new ServerSide(stage.timers, "0.1.0");
      metrics.attached(server);
      stage.timers.advance(5000);
      return server.all("reports").map((report) => Object.keys(report["metrics"] as object).length);
    };
    assert.deepEqual(reports(maxMetricNames), [maxMetricNames]);
    assert.deepEqual(reports(maxMetricNames + 1), [maxMetricNames, 1]);
  });

  limit("maxMetricNameBytes", "a name that long is taken, a byte more is not", () => {
    const metrics = metricsOf(new Stage());
    assert.equal(metrics.record("é".repeat(maxMetricNameBytes / 2), 1), true);
    assert.equal(metrics.record(`${"é".repeat(maxMetricNameBytes / 2)}x`, 1), false);
  });

  limit("maxDistinctMetrics", "that many names are taken, one more is not, and the known ones still are", () => {
    const metrics = metricsOf(new Stage());
    for (let i = 0; i < maxDistinctMetrics; i++) assert.equal(metrics.record(`m${i}`, i), true);
    assert.equal(metrics.record("one more", 1), false);
    assert.equal(metrics.record("m0", 1), true);
  });

  limit("maxReadingAgeMs", "a reading that old is sent, one a millisecond older is dropped and counted", () => {
    const sent = (ageMs: number) => {
      const stage = new Stage();
      const metrics = metricsOf(stage);
      metrics.record("a", 1);
      stage.timers.advance(ageMs);
      const server = new ServerSide(stage.timers, "0.1.0");
      metrics.attached(server);
      stage.timers.advance(0);
      return server.all("reports").length;
    };
    assert.equal(sent(maxReadingAgeMs), 1);
    assert.equal(sent(maxReadingAgeMs + 1), 0);
  });

  limit("maxHealthMetrics", "that many metrics are reported, one more is left out", () => {
    const count = (metrics: number) => {
      const stage = new Stage();
      const given = () => Object.fromEntries(times(metrics, (i) => [`m${i}`, i]));
      stage.facts = {};
      const vitals = stage.core.feature(Vitals);
      const none = Object.fromEntries(Object.keys(vitals.metrics()).map((name) => [name, undefined]));
      const health = stage.core.install(new Health({ metrics: () => ({ ...none, ...given() }) }));
      const server = new ServerSide(stage.timers, "0.0.1");
      health.attached(server);
      health.report();
      stage.timers.advance(0);
      return Object.keys((last(server)["value"] as { metrics: object }).metrics).length;
    };
    assert.equal(count(maxHealthMetrics), maxHealthMetrics);
    assert.equal(count(maxHealthMetrics + 1), maxHealthMetrics);
  });

  /** The metadata that are reported of `given`. */
  function metadataOf(given: Record<string, string>): Record<string, string> {
    const stage = new Stage();
    const health = stage.core.install(new Health({ metadata: () => given }));
    const server = new ServerSide(stage.timers, "0.0.1");
    health.attached(server);
    health.report();
    stage.timers.advance(0);
    const { reset_reason: _, ...own } = (last(server)["value"] as { metadata: Record<string, string> }).metadata;
    return own;
  }

  limit("maxHealthMetadata", "that many are reported, one more is left out", () => {
    const count = (texts: number) =>
      Object.keys(metadataOf(Object.fromEntries(times(texts, (i) => [`m${i}`, "x"])))).length;
    assert.equal(count(maxHealthMetadata), maxHealthMetadata);
    assert.equal(count(maxHealthMetadata + 1), maxHealthMetadata);
  });

  limit("maxHealthMetadataCharacters", "a text that long is whole, a longer one is cut", () => {
    for (const more of [0, 1])
      assert.equal(metadataOf({ a: "x".repeat(maxHealthMetadataCharacters + more) })["a"].length, 256);
  });

  limit("maxHealthMetadataBytes", "that many bytes of JSON are reported, one more costs the last text", () => {
    // ["a00","…"] is one of 32 with 256 bytes each; the last is a byte longer.
    const each = maxHealthMetadataBytes / 32 - '["a00",""]'.length;
    const count = (more: number) =>
      Object.keys(
        metadataOf(
          Object.fromEntries(
            times(32, (i) => [`a${String(i).padStart(2, "0")}`, "x".repeat(each + (i === 31 ? more : 0))]),
          ),
        ),
      ).length;
    assert.deepEqual([count(-64), count(0), count(1)], [32, 32, 31]);
  });

  limit("maxGeoSourceCharacters", "a source that long is whole, a longer one is cut", () => {
    for (const more of [0, 1]) {
      const stage = new Stage();
      const source = "x".repeat(maxGeoSourceCharacters + more);
      const geo = stage.core.install(new Geo({ latitude: 1, longitude: 1, source }));
      const server = new ServerSide(stage.timers, "0.0.1");
      geo.attached(server);
      geo.report();
      stage.timers.advance(0);
      assert.equal(String(last(server)["source"]).length, maxGeoSourceCharacters);
    }
  });

  limit("maxAlarmNameBytes", "a name that long is taken, one of more bytes is not", () => {
    const alarms = alarmsOf(new Stage());
    const name = "é".repeat(maxAlarmNameBytes / 2 - 2);
    assert.equal(alarms.raise(`${name}xx`.slice(0, 255)), true);
    const wide = "€".repeat(maxAlarmNameBytes / 3 - 1);
    assert.equal(alarms.raise(wide), true);
    assert.equal(alarms.raise(`${wide}€€`), false);
  });

  limit("maxListBytes", "a list that long goes in one message; alarms lose their texts, identities take two", () => {
    const alarmsWith = (characters: number) => {
      const stage = new Stage();
      const alarms = alarmsOf(stage);
      for (let i = 0; i < maxAlarms; i++) alarms.raise(`${i}`.padEnd(50, "x"), "€".repeat(characters));
      const server = new ServerSide(stage.timers, "0.1.0");
      alarms.attached(server);
      stage.timers.advance(0);
      const bytes = encodeUtf8(JSON.stringify(last(server)["alarms"])).byteLength;
      return { bytes, texts: (last(server)["alarms"] as { description: string }[])[0].description !== "" };
    };
    for (const characters of [200, 215, 217, 256]) {
      const { bytes, texts } = alarmsWith(characters);
      assert.ok(bytes <= maxListBytes, `${bytes}`);
      assert.equal(texts, characters <= 215, `${characters}: ${bytes}`);
    }
    const stage = new Stage();
    const details = { a: "x".repeat(maxIdentityDetailsBytes - 8) };
    const entries = times(maxIdentities, (i) => ({
      service: "wireguard",
      identifier: `${i}`,
      instance: `${i}`,
      details,
    }));
    const extension = stage.core.install(new NetworkIdentity(() => entries as NetworkIdentityEntry[]));
    const server = new ServerSide(stage.timers, "0.0.1");
    extension.attached(server);
    extension.event("request");
    stage.timers.advance(5000);
    extension.detached();
    assert.deepEqual([server.sent.length, server.all("identities").length], [2, maxIdentities]);
  });

  limit("maxAlarms", "that many are raised at one time, one more is not, until one is cleared", () => {
    const stage = new Stage();
    const alarms = alarmsOf(stage);
    for (let i = 0; i < maxAlarms; i++) assert.equal(alarms.raise(`alarm ${i}`), true);
    assert.equal(alarms.raise("one more"), false);
    assert.equal(alarms.raise("alarm 0", "again"), true);
    const server = new ServerSide(stage.timers, "0.1.0");
    alarms.attached(server);
    stage.timers.advance(0);
    assert.equal((last(server)["alarms"] as unknown[]).length, maxAlarms);
    alarms.clear("alarm 0");
    assert.equal(alarms.raise("one more"), true);
  });

  limit("maxAlarmNameCharacters", "a name that long is taken, a longer one is not", () => {
    const alarms = alarmsOf(new Stage());
    assert.equal(alarms.raise("x".repeat(maxAlarmNameCharacters)), true);
    assert.equal(alarms.raise("x".repeat(maxAlarmNameCharacters + 1)), false);
  });

  limit("maxAlarmDescriptionCharacters", "a description that long is whole, a longer one is cut", () => {
    for (const more of [0, 1]) {
      const alarms = alarmsOf(new Stage());
      alarms.raise("a", "x".repeat(maxAlarmDescriptionCharacters + more));
      assert.equal(alarms.raised.get("a")?.description.length, maxAlarmDescriptionCharacters);
    }
  });

  limit("maxAlarmAgeMs", "an alarm that old is told with its time, an older one without", () => {
    const told = (ageMs: number) => {
      const stage = new Stage();
      const alarms = alarmsOf(stage);
      alarms.raise("a");
      stage.timers.advance(ageMs);
      const server = new ServerSide(stage.timers, "0.1.0");
      alarms.attached(server);
      stage.timers.advance(0);
      return "raised_at" in (last(server)["alarms"] as object[])[0];
    };
    assert.equal(told(maxAlarmAgeMs), true);
    assert.equal(told(maxAlarmAgeMs + 1), false);
  });

  limit("maxErrorReports", "that many wait, one more is counted in a report of its own", () => {
    const kinds = (count: number) => {
      const stage = new Stage();
      const errors = errorsOf(stage);
      for (let i = 0; i < count; i++) errors.report(new Error(`number ${i}`));
      const server = new ServerSide(stage.timers, "0.1.0");
      errors.attached(server);
      stage.timers.advance(20_000);
      const all = server.all("reports").map((report) => String(report["reason"]));
      return { errors: all.filter((reason) => reason.includes("number")).length, all: all.length };
    };
    assert.deepEqual(kinds(maxErrorReports), { errors: maxErrorReports, all: maxErrorReports });
    assert.deepEqual(kinds(maxErrorReports + 1), { errors: maxErrorReports, all: maxErrorReports + 1 });
  });

  limit("maxErrorReasonCharacters", "a reason that long is whole, a longer one is cut", () => {
    for (const more of [0, 1]) {
      const { reason } = reported("x".repeat(maxErrorReasonCharacters + more));
      assert.equal(String(reason).length, maxErrorReasonCharacters);
      const stage = new Stage();
      errorsOf(stage).recordCrash("x".repeat(maxErrorReasonCharacters + more));
      assert.equal(readCrash(stage.platform.store)?.reason.length, maxErrorReasonCharacters);
    }
  });

  limit("maxErrorMessageCharacters", "a message that long is whole, a longer one is cut", () => {
    for (const more of [0, 1]) {
      const { message } = reported("x".repeat(maxErrorMessageCharacters + more));
      assert.equal(String(message).length, maxErrorMessageCharacters);
    }
  });

  limit("maxErrorFrames", "that many frames are told, one more is left out", () => {
    const stack = (count: number) => `Error: x\n${"    at f (/a/b.js:1:2)\n".repeat(count)}`;
    assert.equal(stackFrames(stack(maxErrorFrames)).length, maxErrorFrames);
    assert.equal(stackFrames(stack(maxErrorFrames + 1)).length, maxErrorFrames);
  });

  limit("maxErrorContextEntries", "that many are told, one more is left out", () => {
    // Two are the device's own.
    for (const more of [0, 1]) {
      const context = Object.fromEntries(times(maxErrorContextEntries - 2 + more, (i) => [`name ${i}`, "x"]));
      assert.equal(Object.keys(reported("x", context)["context"] as object).length, maxErrorContextEntries);
    }
  });

  limit("maxErrorContextCharacters", "a value and a name that long are whole, longer ones are cut", () => {
    for (const more of [0, 1]) {
      const text = "x".repeat(maxErrorContextCharacters + more);
      const context = reported("x", { [text]: text })["context"] as Record<string, string>;
      const kept = "x".repeat(maxErrorContextCharacters);
      assert.equal(context[kept], kept);
    }
  });

  limit("maxCrashStackCharacters", "a stack that long is kept whole, of a longer one the beginning", () => {
    for (const more of [0, 1]) {
      const stage = new Stage();
      const error = new Error("x");
      Object.defineProperty(error, "stack", { value: "s".repeat(maxCrashStackCharacters + more) });
      errorsOf(stage).recordCrash(error);
      assert.equal(readCrash(stage.platform.store)?.stack.length, maxCrashStackCharacters);
    }
  });

  limit("maxCrashLogCharacters", "a log that long is kept whole, of a longer one the end", () => {
    for (const more of ["", "x"]) {
      const stage = new Stage();
      errorsOf(stage, `${more}${"l".repeat(maxCrashLogCharacters)}`).recordCrash(new Error("x"));
      assert.equal(readCrash(stage.platform.store)?.log, "l".repeat(maxCrashLogCharacters));
    }
  });

  limit("maxGeoIpBytes", "an answer that long is read, a byte more is not", () => {
    const found = (bytes: number) => {
      const stage = new Stage();
      const network = new ScriptedNetwork();
      Object.assign(stage.platform, { network });
      const geo = new GeoIp("http://where.test/");
      geo.install(stage.core);
      let position: unknown;
      geo.resolve(() => {
        position = geo.resolve(() => {});
      });
      const body = '{"latitude":"1.5","longitude":"2.5"}'.padEnd(bytes, " ");
      network.stream.open();
      network.stream.receive(encodeUtf8(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes}\r\n\r\n${body}`));
      return position !== undefined;
    };
    assert.equal(found(maxGeoIpBytes), true);
    assert.equal(found(maxGeoIpBytes + 1), false);
  });

  function identities(entries: readonly Partial<NetworkIdentityEntry>[]): number {
    const stage = new Stage();
    const all = entries.map(
      (entry, i) => ({ service: "wireguard", identifier: "x", instance: `i${i}`, ...entry }) as const,
    );
    const extension = stage.core.install(new NetworkIdentity(() => all));
    const server = new ServerSide(stage.timers, "0.0.1");
    extension.attached(server);
    extension.event("request");
    stage.timers.advance(0);
    extension.detached();
    return server.all("identities").length;
  }

  limit("maxIdentities", "that many are reported, one more is left out", () => {
    assert.equal(identities(times(maxIdentities, () => ({}))), maxIdentities);
    assert.equal(identities(times(maxIdentities + 1, () => ({}))), maxIdentities);
  });

  limit("maxIdentityCharacters", "an identifier and an instance that long are reported, longer ones are not", () => {
    const text = "x".repeat(maxIdentityCharacters);
    assert.equal(identities([{ identifier: text }, { instance: text }]), 2);
    assert.equal(identities([{ identifier: `${text}x` }, { instance: `${text}x` }]), 0);
  });

  limit("maxIdentityDetailsBytes", "details that long are reported, a byte more is not", () => {
    const details = (bytes: number) => ({ details: { a: "x".repeat(bytes - '{"a":""}'.length) } });
    assert.equal(identities([details(maxIdentityDetailsBytes)]), 1);
    assert.equal(identities([details(maxIdentityDetailsBytes + 1)]), 0);
  });

  /** Results of `count` actions that `run` performs, in order. */
  function actions(count: number, run: () => unknown): unknown[] {
    const stage = new Stage();
    const component = { identifier: "c", actions: [{ identifier: "a", run }] };
    const components = stage.core.install(
      new Components(() => ({ assemblies: [{ identifier: "x", components: [component] }] })),
    );
    const server = new ServerSide(stage.timers, "0.0.1");
    components.attached(server);
    for (let i = 0; i < count; i++) components.event("action:run", { ref: `${i}`, component: "c", action: "a" });
    stage.timers.advance(5000);
    return server.sent.map(({ payload }) => payload["output"]);
  }

  limit("maxComponentOutputCharacters", "a result that long is whole, a longer one is cut", () => {
    for (const more of [0, 1]) {
      const [output] = actions(1, () => "x".repeat(maxComponentOutputCharacters + more));
      assert.equal(String(output).length, maxComponentOutputCharacters);
    }
  });

  limit("maxComponentRequests", "that many run at one time, one more is refused", () => {
    const forever = () => new Promise(() => {});
    assert.deepEqual(actions(maxComponentRequests, forever), []);
    assert.deepEqual(actions(maxComponentRequests + 1, forever), ["busy"]);
  });
});
