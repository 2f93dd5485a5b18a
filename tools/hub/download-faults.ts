/*
 * Faults that a download can be given, to see what a device makes of them. Each holds for a number of requests and is
 * then gone.
 */

import { maxFaultNumber, maxFaults } from "./limits.js";

export type DownloadFault =
  /** Ends cleanly after that many bytes of the answer, with a Content-Length to match: the file seems shorter. */
  | { readonly kind: "truncate"; readonly after: number }
  /** Breaks the connection after that many bytes. */
  | { readonly kind: "drop"; readonly after: number }
  /** Sends that many bytes, then nothing, and keeps the connection. */
  | { readonly kind: "stall"; readonly after: number }
  /** Flips the lowest bit of the byte at that offset of the file. */
  | { readonly kind: "corrupt"; readonly at: number }
  /** Sends that many bytes more than the file has. */
  | { readonly kind: "overlong"; readonly extra: number }
  /** Answers 200 with the whole file to a Range request. */
  | { readonly kind: "ignore-range" }
  /** Answers 206 with a Content-Range that many bytes off. */
  | { readonly kind: "wrong-content-range"; readonly offset: number }
  /** Sends another file of the same length under the same URL, with another ETag. */
  | { readonly kind: "swap" }
  /** Answers with that status and, if given, a Retry-After in seconds. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number }
  /** 302 to `location`, or to the same file under the address's other name. */
  | { readonly kind: "redirect"; readonly location?: string };

export const faultKinds =
  "truncate drop stall corrupt overlong ignore-range wrong-content-range swap status redirect".split(" ");
const needed = new Map([
  ["truncate", "after"],
  ["drop", "after"],
  ["stall", "after"],
  ["corrupt", "at"],
  ["overlong", "extra"],
  ["wrong-content-range", "offset"],
  ["status", "status"],
]);

export class DownloadFaults {
  #queue: { readonly fault: DownloadFault; left: number }[] = [];

  /** @param times how many requests it meets; faults set one after another wait for their turn */
  set(fault: DownloadFault, times = 1): void {
    if (this.#queue.length < maxFaults) this.#queue.push({ fault, left: times });
  }

  clear(): void {
    this.#queue = [];
  }

  /** The fault for the request that has just come. */
  take(): DownloadFault | undefined {
    const first = this.#queue[0];
    if (first === undefined) return undefined;
    if (--first.left <= 0) this.#queue.shift();
    return first.fault;
  }

  pending(): readonly { readonly fault: DownloadFault; readonly left: number }[] {
    return this.#queue;
  }
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
}

/** @returns a fault from loose words, or a sentence that says what is missing */
export function faultOf(fields: { [name: string]: unknown }): DownloadFault | string {
  const kind = String(fields["kind"]);
  if (!faultKinds.includes(kind)) return `no such fault: ${kind}. There are: ${faultKinds.join(", ")}`;
  const name = needed.get(kind);
  const [least, most] = kind === "status" ? [200, 599] : [name === "offset" ? -maxFaultNumber : 0, maxFaultNumber];
  if (name !== undefined && !isWithin(fields[name], least, most))
    return `${kind} needs a whole number "${name}" from ${least} to ${most}`;
  return fields as unknown as DownloadFault;
}
