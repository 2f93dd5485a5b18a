/*
 * One question to one SNTP server, by the SDK's `sntp` (five tries, five seconds apart).
 */

import SNTP from "sntp";
import type { TimeQuery } from "../shared/time-sync.js";

export const sntpQuery: TimeQuery = (server, onAnswer) =>
  new SNTP({ host: server }, (message, value) => {
    if (message === SNTP.retry) return;
    try {
      onAnswer(message === SNTP.time && typeof value === "number" ? value * 1000 : undefined);
    } catch (error) {
      trace(`Time: a callback threw: ${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }) as unknown as { close(): void };
