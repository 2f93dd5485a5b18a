/*
 * What the application may decide or be told. Everything is optional. A function that throws, rejects or returns something
 * else than it should is named in the log, and takes nothing down (src/log/guarded.ts); what then applies stands with each.
 * Whatever cannot be taken back needs the exact word. Functions that return nothing here may be async.
 */

import type { Fault } from "../modules/fault/fault.js";

/** An update as the server describes it, before a byte was downloaded. */
export interface Update {
  readonly uuid: string;
  readonly version: string;
  readonly product: string;
  readonly platform: string;
  readonly architecture: string;
  readonly description: string | undefined;
  /** Bytes of the file to download (which may be a patch); undefined on older servers. */
  readonly size: number | undefined;
  /** An operator pushed it to this device by hand. */
  readonly manual: boolean;
}

/** Policy: take it now, refuse it (the server then blocks the device for 24 h), or have it offered again later. */
export type Decision = "apply" | "ignore" | { readonly reschedule: number; readonly reason?: string };

export interface Client {
  /**
   * Default: "apply". `reschedule` is in milliseconds. A promise is waited for, at most a minute. Anything else than a
   * Decision has the update offered again later.
   */
  updateAvailable?(update: Update): Decision | Promise<Decision>;
  /** Of the running update, whole percent, rising. */
  progress?(percent: number): void;
  /** An update or the connection failed; the link goes on by itself. */
  error?(fault: Fault): void;
  /**
   * The device is about to restart, after an update or on the operator's wish. A promise delays the restart until it
   * settles, at most for `rebootDeadlineMs`.
   */
  reboot?(): void | Promise<void>;
  /** The operator wants to find this device: blink. */
  identify?(): void;
  /** The server has accepted the join. */
  connected?(): void;
  disconnected?(reason: string): void;
  /**
   * The application's own check of a new image, asked after the server accepted its join and then every ten seconds.
   * The image is confirmed once it returns `true` itself or a promise of it, and by nothing else; without this callback it
   * is confirmed at once. While a promise is pending it is not asked again. When the trial's deadline passes first, the
   * device goes back to the old image, and what a promise comes to after that does not count.
   */
  validate?(): boolean | Promise<boolean>;
}
