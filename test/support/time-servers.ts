/*
 * What every UDP stack must make of the servers of tools/xs/time-servers.ts, the same on Node and on XS.
 */

import { timeBounds } from "../../modules/ota/build-time.js";
import type { Platform } from "../../modules/platform/platform.js";
import { type OpenDatagrams, SntpExchange } from "../../modules/sntp/exchange.js";

/** In the order of the servers: what a test says of one, and how the outcome reads. */
export const wanted: readonly (readonly [name: string, outcome: RegExp])[] = [
  ["takes a good server's time, in 2040", /^2040-06-01T12:00:0/],
  ["hears the server behind forged answers: from elsewhere, with another origin, too short", /^2040-06-01T12:00:0/],
  ["refuses a transmit time of zero", /sent no time/],
  ["refuses a server that is not synchronised", /does not know the time/],
  ["hands on a kiss of death", /^DENY$/],
  ["gives up in a flood", /floods/],
];

/** @returns the time in ISO 8601, the code of a kiss, or why it failed */
export function askRealServer(
  platform: Pick<Platform, "timers" | "clock" | "random">,
  open: OpenDatagrams,
  port: number,
): Promise<string> {
  return new Promise((resolve) => {
    const { timers } = platform;
    new SntpExchange({
      ...platform,
      open,
      server: "time.example",
      port,
      resolve: (_, onResolved) => void timers.set(() => onResolved("127.0.0.1"), 0),
      bounds: timeBounds(Date.UTC(2026, 0, 1)),
      onOutcome: (outcome) => {
        if (outcome.type === "time") resolve(new Date(outcome.nowMs).toISOString());
        else resolve(outcome.type === "kiss" ? outcome.code : outcome.why);
      },
    });
  });
}
