/*
 * Where our hub differs from the recorded server on purpose, and why. A record that is named here is compared with
 * `instead`, or not at all; everything that is not named must be equal.
 */

export interface Deviation {
  readonly recording: string;
  /** The record's `t`, ms. */
  readonly t: number;
  readonly kind: "recv" | "http" | "server.state" | "socket.close";
  /** What our hub does: the data of a frame, or the status of a response. Left out: nothing that could be compared. */
  readonly instead?: string;
  readonly reason: string;
}

const foreignTopic =
  "joining device:<n> would give the sender another device's pushes; a client must never do it, so it is unmatched";
const unread = "the recorded device closed in the same millisecond and did not read what was already on its way";
const collision =
  "a status that meets the server's unfinished transaction crashes its channel, one time in a hundred: not copied";
const presigned = "downloads mimic presigned URLs, whose signature covers GET alone";

export const deviations: readonly Deviation[] = [
  {
    recording: "protocol-topics-and-events",
    t: 39,
    kind: "recv",
    instead: '[null,"4","device:1","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]',
    reason: foreignTopic,
  },
  { recording: "protocol-topics-and-events", t: 41, kind: "recv", reason: foreignTopic },
  { recording: "upgrade-paths", t: 51, kind: "socket.close", reason: unread },
  { recording: "upgrade-paths", t: 103, kind: "socket.close", reason: unread },
  { recording: "update-status-bad-fields", t: 72303, kind: "recv", reason: collision },
  { recording: "update-status-bad-fields", t: 72552, kind: "server.state", reason: collision },
  { recording: "firmware-download", t: 585, kind: "http", instead: "403", reason: presigned },
];

/** Requests to the web endpoint of the recorded server: a desk hub has a device endpoint alone. */
export const webEndpoint = "localhost:4000";
