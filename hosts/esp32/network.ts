/*
 * The module "nerveshub/hosts/platform/network" of an ESP32: Wi-Fi and the time, for an application that has no network of
 * its own. Its imports name the folder ("../esp32/…"), since XS resolves them against this module's name and not its path.
 */

import type { Platform } from "../../modules/platform/platform.js";
import { runningTimeBounds } from "../esp32/running-build.js";
import { Uplink } from "../esp32/uplink.js";

/** Servers of two operators, so that there is another one when one is wrong or is blocked by a network. */
const defaultTimeServers: readonly string[] = Object.freeze(["pool.ntp.org", "time.cloudflare.com"]);

/** How long `onUp` waits for the time. Where no time server answers, a link goes on without it (src/connection/wall-clock.ts). */
const timeLimitMs = 10_000;

/**
 * Joins Wi-Fi, for as long as the device runs.
 *
 * @param settings "wifi-ssid", "wifi-password" (absent for an open network), "time-server" (several with spaces or
 *   commas between); not the SDK's `ssid`, which would keep src/main from starting without a network
 * @param onUp called once: when there are an address and the time, or 10 s after the address
 */
export const startNetwork = (
  platform: Platform,
  settings: Record<string, string | undefined>,
  onUp: () => void,
): void => {
  const ssid = settings["wifi-ssid"];
  if (ssid === undefined) {
    platform.print("Wi-Fi: no network is configured; set wifi-ssid and wifi-password.");
    return;
  }
  const password = settings["wifi-password"];
  let waiting = true;
  const up = () => {
    if (!waiting) return;
    waiting = false;
    // In a turn of its own: `onUp` is the application's, and Timers prints what it throws or rejects with.
    platform.timers.set(onUp, 0);
  };
  const timeServers = (settings["time-server"] ?? "")
    .split(",")
    .flatMap((part) => part.split(" "))
    .filter((server) => server !== "");
  new Uplink({
    ...platform,
    wifi: password === undefined ? { ssid } : { ssid, password },
    timeServers: timeServers.length > 0 ? timeServers : defaultTimeServers,
    timeBounds: runningTimeBounds(platform.slots.running),
    onNetworkUp: () => {
      if (platform.clock.now() !== undefined) up();
      else platform.timers.set(up, timeLimitMs);
    },
    onNetworkDown: () => {},
    onTime: up,
  }).start();
};
