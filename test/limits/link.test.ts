/*
 * Bounds of the link and of what it keeps: clock, log, joins, store, keys, device-managed updates. At the limit and one
 * beyond it.
 */

import { type Cells, TwoCopies } from "../../hosts/esp32/two-copies.js";
import { FlashStore } from "../../hosts/flash-model/flash-store.js";
import { MemoryFlash } from "../../hosts/flash-model/memory-flash.js";
import type { Fault } from "../../modules/fault/fault.js";
import { maxClockAheadOfBuildMs } from "../../modules/ota/build-time.js";
import { maxStoreValueBytes, type Store } from "../../modules/platform/store.js";
import { toBase64 } from "../../modules/text/base64.js";
import { maxRetryAfterMs, retryAfterMs } from "../../src/connection/retry-after.js";
import { maxJoinAttempts } from "../../src/connection/topic.js";
import { WallClock } from "../../src/connection/wall-clock.js";
import { maxRecentCharacters, maxRecentLines, RecentLines } from "../../src/device/recent-lines.js";
import { ManagedUpdates, maxUpdateRejectionMinutes } from "../../src/features/managed-updates/managed-updates.js";
import { maxServerKeys, maxServerKeysCharacters, ServerKeys } from "../../src/features/server-keys/server-keys.js";
import { Log, maxLogLineCharacters } from "../../src/log/log.js";
import { Redactor } from "../../src/log/redact.js";
import { maxDownloadWaitMs } from "../../src/update/retry.js";
import { assert, describe } from "../support/harness.js";
import { limit } from "../support/limit.js";
import { LinkScene } from "../support/link-scene.js";
import { Stage } from "../support/stage.js";

const builtMs = Date.UTC(2026, 10, 1);

describe("limits: the link", () => {
  limit("maxClockAheadOfBuildMs", "a Date that far after the build sets the clock, a second more does not", () => {
    const learnt = (aheadMs: number): boolean => {
      const { platform, log } = new Stage();
      let set = false;
      const clock = { now: () => undefined, monotonic: () => 0, set: () => (set = true) };
      new WallClock(clock, platform.store, log, builtMs).learn(new Date(builtMs + aheadMs).toUTCString(), undefined);
      return set;
    };
    assert.equal(learnt(maxClockAheadOfBuildMs), true);
    assert.equal(learnt(maxClockAheadOfBuildMs + 1000), false);
    assert.equal(learnt(0), true);
    assert.equal(learnt(-1000), false);
  });

  limit(
    "maxDownloadWaitMs",
    "that long a download is put off as its server asks, and no longer when more is asked",
    () => {
      const asked = (seconds: number): number | undefined =>
        retryAfterMs(new Map([["retry-after", String(seconds)]]), undefined, maxDownloadWaitMs);
      assert.equal(asked(maxDownloadWaitMs / 1000), maxDownloadWaitMs);
      assert.equal(asked(maxDownloadWaitMs / 1000 + 1), maxDownloadWaitMs);
    },
  );

  limit("maxRetryAfterMs", "that long is waited as asked, and no longer when more is asked", () => {
    const seconds = maxRetryAfterMs / 1000;
    assert.equal(
      retryAfterMs(new Map([["retry-after", String(seconds)]]), undefined, maxRetryAfterMs),
      maxRetryAfterMs,
    );
    assert.equal(
      retryAfterMs(new Map([["retry-after", String(seconds - 1)]]), undefined, maxRetryAfterMs),
      maxRetryAfterMs - 1000,
    );
    assert.equal(
      retryAfterMs(new Map([["retry-after", String(seconds + 1)]]), undefined, maxRetryAfterMs),
      maxRetryAfterMs,
    );
  });

  limit("maxLogLineCharacters", "a line that long is whole, a longer one is cut and shows it", () => {
    const lines: string[] = [];
    const log = new Log(() => {}, new Redactor([]), "debug", "n");
    log.listen({ write: (_level, message) => void lines.push(message) });
    const text = "x".repeat(maxLogLineCharacters);
    log.info(text);
    log.info(`${text}x`);
    assert.deepEqual(lines, [text, `${text}…`]);
  });

  limit("maxRecentLines", "that many are kept, of one more the oldest goes", () => {
    const recent = new RecentLines();
    for (let i = 1; i <= maxRecentLines; i++) recent.write("info", `${i}`);
    assert.deepEqual([recent.last(1000).length, recent.last(1000)[0]], [maxRecentLines, "info: 1"]);
    recent.write("info", "more");
    assert.deepEqual([recent.last(1000).length, recent.last(1000)[0]], [maxRecentLines, "info: 2"]);
  });

  limit("maxRecentCharacters", "that many are kept, of one more the oldest line goes", () => {
    const recent = new RecentLines();
    const half = "x".repeat(maxRecentCharacters / 2 - "info: ".length);
    recent.write("info", half);
    recent.write("info", half);
    assert.equal(recent.last(10).length, 2);
    const beyond = new RecentLines();
    beyond.write("info", half);
    beyond.write("info", `${half}x`);
    assert.deepEqual(beyond.last(10), [`info: ${half}x`]);
  });

  limit("maxJoinAttempts", "the last of that many may succeed; when it fails a new connection is made", () => {
    const joined = (accepted: number) => {
      const scene = new LinkScene();
      let joins = 0;
      scene.server.onMessage = (socket, message) => {
        if (message[2] !== "device" || message[3] !== "phx_join" || ++joins >= accepted) return false;
        socket.reply(message, "error", { reason: "join crashed" });
        return true;
      };
      scene.advance(30 * 60_000);
      return { joins, connections: scene.server.sockets.length, connected: scene.device.link?.connected };
    };
    assert.deepEqual(joined(maxJoinAttempts), { joins: maxJoinAttempts, connections: 1, connected: true });
    assert.deepEqual(joined(maxJoinAttempts + 1), { joins: maxJoinAttempts + 1, connections: 2, connected: true });
  });

  limit("maxStoreValueBytes", "a value that long is kept, a byte more is refused, in either store", () => {
    const cells = new Map<string, Uint8Array>();
    const medium: Cells = {
      get: (name) => cells.get(name),
      set: (name, bytes) => cells.set(name, bytes.slice()),
      delete: (name) => cells.delete(name),
    };
    const stores: Store[] = [new TwoCopies(medium), new FlashStore(new MemoryFlash(16_384, 16))];
    for (const store of stores) {
      const value = new Uint8Array(maxStoreValueBytes).fill(7);
      store.set("key", value);
      assert.deepEqual(store.get("key"), value);
      assert.throws(
        () => store.set("key", new Uint8Array(maxStoreValueBytes + 1)),
        (error) => (error as Fault).code === "store-value-too-long",
      );
      assert.deepEqual(store.get("key"), value);
    }
  });

  limit("maxServerKeys", "that many are kept, of one more it is said", () => {
    const key = (i: number) => toBase64(new Uint8Array(32).fill(i));
    const kept = (count: number) => {
      const { core, printed } = new Stage();
      const keys = core.install(new ServerKeys());
      keys.message("fwup_public_keys", { keys: Array.from({ length: count }, (_, i) => key(i)) });
      return { kept: keys.keys("firmware").length, said: printed.some((line) => line.includes("more firmware keys")) };
    };
    assert.deepEqual(kept(maxServerKeys), { kept: maxServerKeys, said: false });
    assert.deepEqual(kept(maxServerKeys + 1), { kept: maxServerKeys, said: true });
  });

  limit("maxServerKeysCharacters", "keys that long in all are kept, a character more is not", () => {
    const pem = "-----BEGIN PUBLIC KEY-----";
    const kept = (characters: number) => {
      const keys = new Stage().core.install(new ServerKeys());
      // Brackets, quotes and a comma, as they lie in the store.
      keys.message("archive_public_keys", { keys: [pem.padEnd(characters - 5, "A")] });
      return keys.keys("archive").length;
    };
    assert.equal(kept(maxServerKeysCharacters), 1);
    assert.equal(kept(maxServerKeysCharacters + 1), 0);
  });

  limit("maxUpdateRejectionMinutes", "that long is waited as told, and no longer when the server says more", () => {
    for (const [minutes, waited] of [
      [maxUpdateRejectionMinutes - 1, maxUpdateRejectionMinutes - 1],
      [maxUpdateRejectionMinutes, maxUpdateRejectionMinutes],
      [maxUpdateRejectionMinutes + 1, maxUpdateRejectionMinutes],
    ]) {
      const updates = new Stage().core.install(new ManagedUpdates());
      updates.message("update_rejected", { reason: "later", delay_for: minutes });
      assert.equal(updates.waitMs, waited * 60_000);
    }
  });
});
