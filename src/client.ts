/*
 * Client: the functions by which the application decides and is told. Each is optional. One that throws, rejects or returns
 * a wrong value is named in the log and takes nothing down (src/log/guarded.ts); its own comment says what applies then. A
 * step that cannot be undone needs the exact value. Functions that return `void` may be async.
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
  /** Bytes of the file to download (which may be a patch); undefined with NervesHub 2.4.0 and older. */
  readonly size: number | undefined;
  /** An operator pushed it to this device by hand. */
  readonly manual: boolean;
}

/** Take the update now, refuse it (the server then blocks the device for 24 h), or have it offered again later. */
export type Decision = "apply" | "ignore" | { readonly reschedule: number; readonly reason?: string };

/** Where a fault of this agent can have failed: its `stage`. `npm run check` refuses a fault of any other stage. */
export type Stage =
  | "options"
  | "resolve"
  | "connect"
  | "tls"
  | "transport"
  | "upgrade"
  | "websocket"
  | "channel"
  | "join"
  | "offer"
  | "download"
  | "image"
  | "flash"
  | "store"
  | "trial"
  | "extension"
  | "application";

export interface Client {
  /**
   * Decides about an update. Default: "apply". `reschedule` is in milliseconds. A promise is awaited for at most a minute. After
   * any other value than a Decision the update is offered again later.
   */
  updateAvailable?(update: Update): Decision | Promise<Decision>;
  /** Progress of the running update in whole percent, rising. */
  progress?(percent: number): void;
  /** An update or the connection failed; the link goes on by itself. */
  error?(fault: Fault): void;
  /**
   * The device is about to restart, after an update or because an operator asked for it. A promise delays the restart until
   * it settles, at most for `rebootDeadlineMs`.
   */
  reboot?(): void | Promise<void>;
  /** The operator wants to find this device: blink. */
  identify?(): void;
  /** The server has accepted the join. */
  connected?(): void;
  disconnected?(reason: string): void;
  /**
   * The application's own check of a new image, called after the server accepted its join and then every ten seconds. Only
   * `true`, or a promise of `true`, confirms the image; without this function the image is confirmed at the join. The check
   * is not repeated while its promise is pending. When the trial's deadline passes first, the device goes back to the old
   * image, and a later result does not count.
   */
  validate?(): boolean | Promise<boolean>;
}
