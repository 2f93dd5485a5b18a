/*
 * A case of the TLS suite: the server that XS connects to, and how the connection must end.
 */

/** The form that test/xs/tls/client.ts reads. */
export interface Case {
  name: string;
  port: number;
  /** "ok", or the code of the Fault. */
  expect: string;
  /** What the Fault's sentence must contain. */
  says?: string;
  serverName?: string;
  /** DER files; absent: the built-in roots. */
  roots?: string[];
  certificate?: string[];
  key?: string;
  /** The device's clock; 0 is unknown. */
  nowMs?: number;
  /** While the clock is unknown: the least that it can be. */
  earliestMs?: number;
  timeoutMs?: number;
  maxFragmentLength?: number;
  /** Lines to send, each with its answer. "big" reads until the end; "flood" is 200 kB, as the stream takes them. */
  talk?: [string, string][];
  /** How the client reads. Default: all that is unread. "told": as much as onReadable says; "slow": the same, a moment later. */
  reading?: "told" | "slow";
}

export type Add = (name: string, port: number, expect: string, more?: Partial<Case>) => void;
