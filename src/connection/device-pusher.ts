/*
 * DevicePusher: sends on the device topic for as long as the link lives. It works while the topic is joined; its users never
 * keep the pusher of an old connection.
 */

import type { Pusher } from "./channel-handler.js";

/** Unsent bytes on the socket beyond which extensions and console wait: updates and heartbeats have the queue's rest. */
export const maxFeatureBacklogBytes = 4096;

export class DevicePusher implements Pusher {
  /** The pusher of the current connection; undefined while the device topic is not joined. */
  joined: Pusher | undefined = undefined;

  push(event: string, payload: object): string | undefined {
    return this.joined?.push(event, payload);
  }
}
