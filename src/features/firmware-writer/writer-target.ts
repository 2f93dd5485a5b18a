/*
 * WriterTarget: passes an update to a FirmwareWriter, and an archive to an ArchiveWriter. It knows nothing of images: it checks only the file's checksum, while the
 * bytes pass. It cannot resume after a restart.
 *
 * The rules it guards: calls of the writer never overlap, even while the promise of the previous call is pending; a writer
 * without promises causes none here.
 */

import { asFault, Fault } from "../../../modules/fault/fault.js";
import type { Digest } from "../../../modules/platform/crypto.js";
import { toHex } from "../../../modules/text/hex.js";
import { ask, type FailureKind, work } from "../../log/guarded.js";
import { requireFunctions } from "../../option-checks.js";
import type { OfferedFile } from "../../update/offer.js";
import type { TargetCore, UpdateTarget } from "../../update/target.js";
import type { FileWriter } from "./file-writer.js";
import type { FirmwareWriter } from "./firmware-writer.js";

/** Time for one call of a writer: erasing a whole partition takes some 20 s, and after a minute there is no progress. */
const writerDeadlineMs = 60_000;
const lateCode = "writer-late";

/** Begins a writer of other files than updates. */
export type Begin = (file: OfferedFile) => void | Promise<void>;

export class WriterTarget implements UpdateTarget {
  private _core: TargetCore | undefined;
  private readonly _name: string;
  private readonly _writer: FileWriter & Partial<FirmwareWriter>;
  private readonly _beginFile: Begin | undefined;
  private _offer: OfferedFile | undefined;
  private _digest: Digest | undefined;
  private _offset = 0;
  /** Promise of the last call while it is not done; it rejects with the refusal. */
  private _pending: Promise<void> | undefined;
  /** Refusal by a pending call since the last `begin`. */
  private _refusal: Fault | undefined;

  constructor(writer: FirmwareWriter, name?: string);
  constructor(writer: FileWriter, name: string, begin: Begin);
  /**
   * @param name the writer's name in the log
   * @param begin called in place of the `begin` of a FirmwareWriter
   */
  constructor(writer: FileWriter & Partial<FirmwareWriter>, name = "writer", begin?: Begin) {
    this._writer = writer;
    this._beginFile = begin;
    this._name = name;
  }

  get writesSlots(): boolean {
    return this._writer.writesSlots === true;
  }

  /** @throws Fault of stage "options" for a writer without its functions */
  install(core: TargetCore): void {
    requireFunctions(this._name, this._writer, ["begin", "write", "finish", "abort"], ["confirm"]);
    this._core = core;
  }

  get position(): number {
    return this._offset;
  }

  begin(offer: OfferedFile): void | Promise<void> {
    return this._begin(offer);
  }

  write(bytes: Uint8Array): boolean {
    if (this._refusal !== undefined) throw this._refusal;
    this._offset += bytes.byteLength;
    this._digest!.update(bytes);
    return this._call("write", () => this._writer.write(bytes)) === undefined;
  }

  drain(): boolean | Promise<void> {
    if (this._refusal !== undefined) throw this._refusal;
    return this._pending ?? true;
  }

  rewind(): void {
    const offer = this._offer!;
    this.abort();
    // The next `write` waits for the promise of this `begin`, or throws its refusal.
    this._begin(offer);
  }

  verify(): boolean {
    const { checksum } = this._offer!;
    if (checksum !== undefined && toHex(this._digest!.finish()) !== checksum) {
      throw new Fault("download", "checksum-mismatch", "The file is not the one that the server announced.");
    }
    return true;
  }

  activate(): void | Promise<void> {
    return this._call("finish", () => this._writer.finish());
  }

  abort(): void {
    if (this._offer === undefined) return;
    this._offer = undefined;
    this._call("abort", () => this._writer.abort());
  }

  confirm(): void {
    const { log, platform } = this._core!;
    ask({
      log,
      name: `${this._name}.confirm`,
      body: () => this._writer.confirm?.(),
      kind: work,
      deadline: { timers: platform.timers, ms: writerDeadlineMs },
      done: () => {},
      failed: () => {},
    });
  }

  private _begin(offer: OfferedFile): Promise<void> | undefined {
    this._offer = undefined;
    this._refusal = undefined;
    this._digest = this._core!.platform.crypto.digest("sha256");
    this._offset = 0;
    const { platform, trust } = this._core!;
    const context = { crypto: platform.crypto, slots: platform.slots, trust };
    const begin = this._beginFile ?? (() => this._writer.begin!(offer.size, offer, context));
    const begun = this._call("begin", () => begin(offer));
    // `abort` is called only after a `begin` that was not refused; a late `begin` may still have begun.
    this._offer = offer;
    begun?.then(undefined, (error: unknown) => {
      if (this._offer === offer && !(error instanceof Fault && error.code === lateCode)) this._offer = undefined;
    });
    return begun;
  }

  /** @returns undefined when the call is done @throws Fault when the call refuses at once; a promise rejects with it */
  private _call(method: string, body: () => unknown): Promise<void> | undefined {
    const before = this._pending;
    if (before !== undefined) {
      const next = (): Promise<void> | undefined => this._make(method, body);
      // After a refusal `write` is not called any more; `begin`, `finish` and `abort` are.
      return this._await(before.then(next, method === "write" ? undefined : next));
    }
    const made = this._make(method, body);
    return made === undefined ? undefined : this._await(made);
  }

  private _await(pending: Promise<void>): Promise<void> {
    this._pending = pending;
    const over = (): void => {
      if (this._pending === pending) this._pending = undefined;
    };
    pending.then(over, (error: unknown) => {
      over();
      this._refusal = asFault(error, "application", "writer-refused");
    });
    return pending;
  }

  private _make(method: string, body: () => unknown): Promise<void> | undefined {
    let ended: "done" | Fault | undefined;
    let end = (how: "done" | Fault): void => {
      ended = how;
    };
    ask({
      log: this._core!.log,
      name: `${this._name}.${method}`,
      body,
      kind: work,
      deadline: { timers: this._core!.platform.timers, ms: writerDeadlineMs },
      done: () => end("done"),
      // A failing `abort` counts as done.
      failed: (fault, how) => end(method === "abort" ? "done" : this._refused(method, fault, how)),
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

  /** Makes the fault of a refusal. The message of a thrown or rejected error is the reason, unless it is none ("undefined"). */
  private _refused(method: string, fault: Fault, how: FailureKind): Fault {
    const { cause, message } = fault;
    if ((how === "threw" || how === "rejected") && !(fault.code === "callback-threw" && isReasonless(cause)))
      return fault.code === "callback-threw" ? new Fault("application", "writer-refused", fault.message, fault) : fault;
    const what = how === "threw" || how === "rejected" ? `it ${how} ${message}` : message;
    const text = `The application's ${this._name}.${method} is at fault: ${what}.`;
    return new Fault("application", how === "late" ? lateCode : "writer-refused", text);
  }
}

/** Whether a thrown value gives no reason: it is neither an Error nor a text. */
const isReasonless = (thrown: unknown): boolean => {
  return !(thrown instanceof Error) && (typeof thrown !== "string" || thrown === "");
};
