/*
 * An orderly restart: the application gets its moment, the server hears of it, the socket is closed, and then the device
 * restarts whatever became of those. Nothing is promised about delivery.
 */

import { asFault } from "../modules/fault/fault.js";
import type { Host } from "../modules/host/host.js";
import type { Client } from "./client.js";
import type { Log } from "./log.js";

export interface RestartOptions {
  host: Host;
  log: Log;
  client: Client;
  /** How long the application may take, in milliseconds. */
  deadlineMs: number;
  /** Says goodbye to the server. */
  farewell(): void;
}

/** For the last frames to leave and the close to be answered; the Rust agent waits as long. */
const farewellMs = 250;

export function orderlyRestart({ host, log, client, deadlineMs, farewell }: RestartOptions): void {
  const { timers, device } = host;
  let asked = false;
  const leave = (): void => {
    if (asked) return;
    asked = true;
    timers.clear(deadline);
    timers.set(() => device.restart(), farewellMs);
    try {
      farewell();
    } catch (error) {
      log.error(`The farewell failed: ${asFault(error, "transport", "farewell-failed").message}`);
    }
  };
  const deadline = timers.set(() => {
    log.warning(`The application's reboot() did not finish within ${Math.round(deadlineMs / 1000)} s.`);
    leave();
  }, deadlineMs);
  const failed = (error: unknown): void => {
    log.error(`reboot threw: ${error instanceof Error ? error.message : String(error)}`);
    leave();
  };
  try {
    const settled = client.reboot?.();
    if (settled === undefined) leave();
    else settled.then(leave, failed);
  } catch (error) {
    failed(error);
  }
}
