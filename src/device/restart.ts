/*
 * An orderly restart: the application's `reboot` runs, the server is told, the socket is closed, and the device restarts, even
 * when one of these fails. It does not wait until the server has got the message.
 */

import type { Platform } from "../../modules/platform/platform.js";
import type { Client } from "../client.js";
import { ask, tell, work } from "../log/guarded.js";
import type { Log } from "../log/log.js";

export interface RestartOptions {
  platform: Platform;
  log: Log;
  client: Client;
  /** How long the application may take, in milliseconds. */
  deadlineMs: number;
  /** Says goodbye to the server. */
  farewell(): void;
}

/** For the last frames to leave and the close to be answered; the Rust agent waits as long. */
const farewellMs = 250;

export const orderlyRestart = ({ platform, log, client, deadlineMs, farewell }: RestartOptions): void => {
  const { timers, device } = platform;
  const leave = (): void => {
    timers.set(() => device.restart(), farewellMs);
    tell(log, "the farewell", farewell);
  };
  ask({
    log,
    name: "reboot",
    body: () => client.reboot?.(),
    kind: work,
    deadline: { timers, ms: deadlineMs },
    done: leave,
    failed: leave,
  });
};
