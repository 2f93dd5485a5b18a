/*
 * Feature: a part of the agent that an application chooses. The application passes it in (`features: [new Health(), …]`) and
 * includes its manifest. Everything that speaks with the server about more than firmware is a feature. An application's own
 * features use the same interface as ours.
 *
 * A feature lives as long as the link, across connections. What it throws, or rejects with, is logged and costs nothing
 * else. The rule it guards: a feature sees a Core and nothing else of the link, so that the core can be read, built and run
 * without any feature.
 */

import type { ImageHead } from "../modules/ota/image.js";
import type { SecureOptions } from "../modules/platform/byte-stream.js";
import type { Platform } from "../modules/platform/platform.js";
import type { Command } from "./command.js";
import type { ChannelHandler, Pusher } from "./connection/channel-handler.js";
import type { FirmwareMetadata } from "./firmware/firmware-metadata.js";
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
  /** The link's name: it precedes log lines, and is the prompt of a terminal. */
  readonly name: string;
  /** The device as the server knows it; with a client certificate, whose name the server reads, the platform's own. */
  readonly identifier: string;
  /** The running firmware. */
  readonly firmware: FirmwareMetadata;
  /** The judge of images that would replace the running one. */
  readonly trust: ImageTrust;
  /** Trust anchors for downloads; without `roots` the platform's apply. */
  readonly secure: SecureOptions;
  /** Whether the hub is reached over TLS now, wherever redirects have led. */
  readonly tls: boolean;
  /** The update under way, if any. */
  readonly update: {
    readonly busy: boolean;
    readonly currentlyDownloading: string | undefined;
    /** Why no update can be taken, in words for people. */
    readonly refused: string | undefined;
  };
  /** What the device lacks to survive a bad update, in words for people; undefined when it lacks nothing. */
  readonly lacking: string | undefined;
  /** Round trip of the last heartbeat, in milliseconds. */
  readonly roundTripMs: number | undefined;
  /** Bytes that wait to be sent on the connection. */
  readonly bufferedBytes: number;
  /** The features of this link, including those that `feature` has made. */
  readonly features: readonly Feature[];
  /** The one feature of class `kind`, made when the application passed none. Several features share a part this way. */
  feature<F extends Feature>(kind: new () => F): F;
  /** Joins the topic of a handler that `channel` returned; has no effect while the topic is joined or being joined. */
  join(topic: string): void;
  /** Restarts the device in an orderly way. */
  restart(): void;
}

export interface Feature {
  /** Property names in the payloads that it receives. Properties of other names are dropped: see src/protocol.ts. */
  readonly names?: readonly string[];
  /** Once, while the link is made. @throws Fault of stage "options" */
  install?(core: Core): void;
  /** At the link's `start`. */
  start?(): void;
  /** Makes a handler of the feature's own topic for one connection. The feature joins the topic with `core.join`. */
  channel?(): ChannelHandler;
  /** Its commands for operators. Called only where the link has a console, local shell or scripts. */
  commands?(): readonly Command[];
  /** Adds properties to the join payload of the device topic. */
  joining?(payload: Record<string, unknown>): void;
  /** The device topic is joined: from now on `core.push` sends on it. */
  online?(): void;
  /** A message on the device topic. @returns true when the feature has handled it; no other feature gets it then */
  message?(event: string, payload: unknown): boolean;
  /** An update is offered: a feature that downloads stops in favour of it. */
  updating?(): void;
  /** The device topic is no longer joined. */
  offline?(): void;
  /** The link is being closed. */
  close?(): void;
}
