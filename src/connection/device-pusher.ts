/*
 * DevicePusher: the way to the server on the device topic, for as long as the link lives. It is open while the topic is
 * joined, and nobody keeps a pusher of a connection that is gone.
 */

import type { Pusher } from "./channel-handler.js";

/** Unsent bytes on the socket beyond which extensions and console wait: updates and heartbeats have the queue's rest. */
export const maxFeatureBacklogBytes = 4096;

export class DevicePusher implements Pusher {
  /** Of the connection there is. */
  joined: Pusher | undefined = undefined;

  push(event: string, payload: object): string | undefined {
    return this.joined?.push(event, payload);
  }
}
