/*
 * Feature: a part of the agent that an application chooses. It passes one in (`features: [new Health(), …]`) and includes its
 * manifest; whatever speaks on a topic of the server beyond firmware is one. Ours and an application's are the same.
 *
 * A feature lives as long as the link; connections come and go around it. What it throws, or rejects with, is logged and
 * costs nothing else. The rule it guards: a feature sees a Core and nothing else of the link, so that the core can be read,
 * built and run without any.
 */

import type { FirmwareMetadata } from "../modules/ota/firmware-metadata.js";
import type { ImageHead } from "../modules/ota/image.js";
import type { SecureOptions } from "../modules/platform/byte-stream.js";
import type { Platform } from "../modules/platform/platform.js";
import type { Command } from "./command.js";
import type { ChannelHandler, Pusher } from "./connection/channel-handler.js";
import type { Log } from "./log/log.js";
import type { Redactor } from "./log/redact.js";

/** Whether an image may replace the running one: src/update/trust.ts. */
export interface ImageTrust {
  /** @throws Fault of stage "image" */
  checkHead(head: ImageHead, offer: { readonly uuid: string }): void;
}

/** What a link gives its features. */
export interface Core extends Pusher {
  readonly platform: Platform;
  readonly log: Log;
  readonly redactor: Redactor;
  /** Of the link: before log lines, and the prompt of a terminal. */
  readonly name: string;
  /** What runs here. */
  readonly firmware: FirmwareMetadata;
  /** What an image must be before this device starts it. */
  readonly trust: ImageTrust;
  /** Trust anchors for downloads; empty: the platform's. */
  readonly secure: SecureOptions;
  /** Whether the hub is reached over TLS now, wherever redirects have led. */
  readonly tls: boolean;
  /** The update under way, if any. */
  readonly update: { readonly busy: boolean; readonly currentlyDownloading: string | undefined };
  /** What the device lacks to survive a bad update, for people; undefined: nothing. */
  readonly lacking: string | undefined;
  /** Round trip of the last heartbeat, in milliseconds. */
  readonly roundTripMs: number | undefined;
  /** Bytes that wait to be sent on the connection. */
  readonly bufferedBytes: number;
  /** The features of this link, those that `feature` has made among them. */
  readonly features: readonly Feature[];
  /** The one feature of a kind, made where the application gave none: what several features have together. */
  feature<F extends Feature>(kind: new () => F): F;
  /** Joins the topic of a handler that `channel` gave; nothing happens while it is joined or being joined. */
  join(topic: string): void;
  /** Restarts the device in an orderly way. */
  restart(): void;
}

export interface Feature {
  /** Property names in what the server sends it. Names that nobody lists are not there: see src/protocol.ts. */
  readonly names?: readonly string[];
  /** Once, while the link is made. @throws Fault of stage "options" */
  install?(core: Core): void;
  /** At the link's `start`. */
  start?(): void;
  /** A handler of its own topic, for one connection and no other; it is joined when the feature calls `core.join`. */
  channel?(): ChannelHandler;
  /** What operators can say to it, for the console, the local shell and scripts; asked for where there is one of these. */
  commands?(): readonly Command[];
  /** Adds to what the device topic is joined with. */
  joining?(payload: Record<string, unknown>): void;
  /** The server has accepted the device: `core.push` sends on the device topic. */
  online?(): void;
  /** A message on the device topic. @returns true: it is dealt with, and nobody else hears of it */
  message?(event: string, payload: unknown): boolean;
  /** An update is offered: whatever downloads gives way to it. */
  updating?(): void;
  offline?(): void;
  close?(): void;
}
