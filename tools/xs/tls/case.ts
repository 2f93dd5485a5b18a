/*
 * A case of the TLS suite: which server XS meets, and how it must end.
 */

/** Read by test/xs/tls/client.ts. */
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
  timeoutMs?: number;
  maxFragmentLength?: number;
  /** Lines to send, each with its answer. "big" reads until the end; "flood" is 200 kB, as the stream takes them. */
  talk?: [string, string][];
  /** Default: all there is. "told": as much as onReadable says; "slow": that, a moment later. */
  reading?: "told" | "slow";
}

export type Add = (name: string, port: number, expect: string, more?: Partial<Case>) => void;
