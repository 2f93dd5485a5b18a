/*
 * WriterTarget: an update into an application's own writer. Knows nothing of images; what can be checked here is the file's
 * size and checksum, while its bytes pass. Nothing can be resumed after a restart.
 *
 * The rules it guards: the writer's calls never overlap, also when a promise of the one before is pending; and a writer
 * that returns no promises costs none.
 */

import { asFault, Fault } from "../../modules/fault/fault.js";
import type { Crypto, Digest } from "../../modules/host/crypto.js";
import type { Timers } from "../../modules/host/timers.js";
import { toHex } from "../../modules/text/hex.js";
import type { FirmwareWriter } from "../firmware-writer.js";
import { ask, type How, work } from "../guarded.js";
import type { Log } from "../log.js";
import type { Offer } from "./offer.js";
import type { UpdateTarget } from "./target.js";

/** One call of a writer. Erasing a whole partition takes some 20 s; longer than a minute is no progress. */
export const writerDeadlineMs = 60_000;
const lateCode = "writer-late";

export class WriterTarget implements UpdateTarget {
  readonly #host: { readonly crypto: Crypto; readonly timers: Timers };
  readonly #log: Log;
  readonly #name: string;
  readonly #writer: FirmwareWriter;
  #offer: Offer | undefined;
  #digest: Digest | undefined;
  #offset = 0;
  /** Of the call that was made last, while it is not done; rejects with what it means no with. */
  #pending: Promise<void> | undefined;
  /** What a call that was pending has meant no with, since the last `begin`. */
  #refusal: Fault | undefined;

  /** @param name of the writer's option, for the log */
  constructor(host: { crypto: Crypto; timers: Timers }, log: Log, name: string, writer: FirmwareWriter) {
    this.#host = host;
    this.#log = log;
    this.#name = name;
    this.#writer = writer;
  }

  begin(offer: Offer): number | Promise<number> {
    const begun = this.#begin(offer);
    return begun === undefined ? 0 : begun.then(() => 0);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#refusal !== undefined) throw this.#refusal;
    this.#offset += bytes.byteLength;
    const { size } = this.#offer!;
    if (size !== undefined && this.#offset > size) {
      throw new Fault(
        "download",
        "size-mismatch",
        `The download is longer than the ${size} bytes that the server announced.`,
      );
    }
    this.#digest!.update(bytes);
    return this.#call("write", () => this.#writer.write(bytes)) === undefined;
  }

  drain(): boolean | Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.#pending ?? true;
  }

  rewind(): number {
    const offer = this.#offer!;
    this.abort();
    // What a promise of it comes to is met by the next `write`.
    this.#begin(offer);
    return 0;
  }

  verify(): boolean {
    const { size, checksum } = this.#offer!;
    if (size !== undefined && this.#offset !== size) {
      throw new Fault("download", "size-mismatch", `The download ended after ${this.#offset} of ${size} bytes.`);
    }
    if (checksum !== undefined && toHex(this.#digest!.finish()) !== checksum) {
      throw new Fault("download", "checksum-mismatch", "The file is not the one that the server announced.");
    }
    return true;
  }

  activate(): void | Promise<void> {
    return this.#call("finish", () => this.#writer.finish());
  }

  abort(): void {
    if (this.#offer === undefined) return;
    this.#offer = undefined;
    this.#call("abort", () => this.#writer.abort());
  }

  #begin(offer: Offer): Promise<void> | undefined {
    this.#offer = undefined;
    this.#refusal = undefined;
    this.#digest = this.#host.crypto.digest("sha256");
    this.#offset = 0;
    const begun = this.#call("begin", () => this.#writer.begin(offer.size, offer));
    // Only what was begun is ever aborted. One that is late may have begun.
    this.#offer = offer;
    begun?.then(undefined, (error: unknown) => {
      if (this.#offer === offer && !(error instanceof Fault && error.code === lateCode)) this.#offer = undefined;
    });
    return begun;
  }

  /** @returns undefined when it is done @throws Fault when it meant no at once; a promise rejects with it */
  #call(method: string, body: () => unknown): Promise<void> | undefined {
    const before = this.#pending;
    if (before !== undefined) {
      const next = (): Promise<void> | undefined => this.#make(method, body);
      // Bytes go nowhere when the call before has meant no; a new beginning and the end of it come all the same.
      return this.#await(before.then(next, method === "write" ? undefined : next));
    }
    const made = this.#make(method, body);
    return made === undefined ? undefined : this.#await(made);
  }

  #await(pending: Promise<void>): Promise<void> {
    this.#pending = pending;
    const over = (): void => {
      if (this.#pending === pending) this.#pending = undefined;
    };
    pending.then(over, (error: unknown) => {
      over();
      this.#refusal = asFault(error, "application", "writer-refused");
    });
    return pending;
  }

  #make(method: string, body: () => unknown): Promise<void> | undefined {
    let ended: "done" | Fault | undefined;
    let end = (how: "done" | Fault): void => {
      ended = how;
    };
    ask({
      log: this.#log,
      name: `${this.#name}.${method}`,
      body,
      kind: work,
      deadline: { timers: this.#host.timers, ms: writerDeadlineMs },
      done: () => end("done"),
      // Whatever comes of `abort`, it is over.
      failed: (fault, how) => end(method === "abort" ? "done" : this.#refused(method, fault, how)),
    });
    if (ended === "done") return undefined;
    if (ended !== undefined) throw ended;
    return new Promise((resolve, reject) => {
      end = (how) => {
        if (how === "done") resolve();
        else reject(how);
      };
    });
  }

  /** A thrown or rejected message is the reason as it stands; "undefined" and the like are none. */
  #refused(method: string, fault: Fault, how: How): Fault {
    const { cause, message } = fault;
    if ((how === "threw" || how === "rejected") && !(fault.code === "callback-threw" && isReasonless(cause)))
      return fault.code === "callback-threw" ? new Fault("application", "writer-refused", fault.message, fault) : fault;
    const what = how === "threw" || how === "rejected" ? `it ${how} ${message}` : message;
    const text = `The application's ${this.#name}.${method} is at fault: ${what}.`;
    return new Fault("application", how === "late" ? lateCode : "writer-refused", text);
  }
}

/** What was thrown says nothing of why. */
function isReasonless(thrown: unknown): boolean {
  return !(thrown instanceof Error) && (typeof thrown !== "string" || thrown === "");
}
