/*
 * ManagedUpdates: the device decides when to update (nerves_hub_web, docs/device_managed_updates.md; API 2.4.0). It checks for
 * updates and requests them; the server then offers an ordinary `update`.
 *
 * The rules it guards: nothing is sent to a server that has not sent `update_mode`; nothing is requested while an update runs
 * or a request is unanswered, which would crash the server's channel; nor, after a refusal, before the server's delay has
 * passed, which is in minutes here.
 */

import { fieldsOf } from "../../../modules/json/fields.js";
import { cut } from "../../../modules/text/cut.js";
import { printable } from "../../../modules/text/printable.js";
import type { Command } from "../../command.js";
import { updateState } from "../../device/update-state.js";
import type { Core, Feature } from "../../feature.js";
import { tell } from "../../log/guarded.js";
import { requireFunctions } from "../../option-checks.js";
import { fromServer, toServer } from "../../protocol.js";

/** Longest time a refusal may keep a device from asking for an update again: a week, in minutes. */
export const maxUpdateRejectionMinutes = 10_080;

const modes: readonly unknown[] = Object.freeze(["automatic", "device_managed", "off"]);

/** Who decides when an update is made (API 2.4.0). */
export type UpdateMode = "automatic" | "device_managed" | "off";

export interface ManagedUpdatesOptions {
  /**
   * The current mode, at every join, every change, and as the answer to `setMode`.
   *
   * @param managedUpdatesAllowed whether "device_managed" may be set
   * @param error why `setMode` was refused, in the server's word ("not_permitted", "unknown_mode"); undefined when it was not
   */
  modeChanged?(mode: UpdateMode, managedUpdatesAllowed: boolean, error: string | undefined): void;
  /** The answer to `check`. @param version undefined without an update, or when the server did not tell it */
  checked?(available: boolean, version: string | undefined): void;
  /** The server refused `request`. @param retryAfterMs milliseconds before which `request` sends nothing; 0 for no wait */
  rejected?(reason: string, retryAfterMs: number): void;
}

export class ManagedUpdates implements Feature {
  private readonly _options: ManagedUpdatesOptions;
  private _core: Core | undefined;
  private _mode: UpdateMode | undefined;
  /** Monotonic milliseconds before which no update is asked for. */
  private _notBeforeMs = 0;
  /** Whether a request is unanswered. */
  private _asked = false;

  constructor(options: ManagedUpdatesOptions = {}) {
    this._options = options;
  }

  /** @throws Fault of stage "options" */
  install(core: Core): void {
    requireFunctions("managedUpdates", this._options, [], ["modeChanged", "checked", "rejected"]);
    this._core = core;
  }

  message(event: string, payload: unknown): boolean {
    switch (event) {
      case fromServer.updateMode:
        this._modeTold(payload);
        return true;
      case fromServer.updateAvailable:
        this._checked(payload);
        return true;
      case fromServer.updateRejected:
        this._rejected(payload);
        return true;
      default:
        return false;
    }
  }

  commands(): Command[] {
    return [
      {
        name: "update",
        usage: "[check|request|automatic|device_managed]",
        help: "State of updates; ask for one; who decides when",
        run: ({ args: [what] }) => this._command(what),
      },
    ];
  }

  /** The mode in force; undefined until the server has told, which servers before API 2.4.0 never do. */
  get mode(): UpdateMode | undefined {
    return this._mode;
  }

  /** Milliseconds until an update may be requested; 0 when it may be now. */
  get waitMs(): number {
    return Math.max(0, this._notBeforeMs - this._core!.platform.clock.monotonic());
  }

  offline(): void {
    this._mode = undefined;
    this._asked = false;
  }

  /** The answer to a request, or an offer that nobody asked for. */
  updating(): void {
    this._asked = false;
  }

  /** Asks whether there is an update; `checked` is told. @returns false when it could not be asked */
  check(): boolean {
    return this._say(toServer.checkUpdate, {});
  }

  /** Asks for the update now. @returns false when it could not be asked, not yet (`waitMs`), or while one is under way */
  request(): boolean {
    const { update, log } = this._core!;
    if (update.busy || update.currentlyDownloading !== undefined) {
      log.info("No update is asked for: one is under way.");
      return false;
    }
    if (this._asked) {
      log.info("No update is asked for: the server has not answered yet.");
      return false;
    }
    if (this.waitMs > 0) {
      log.info(`No update is asked for: the server wants ${Math.ceil(this.waitMs / 1000)} s more.`);
      return false;
    }
    this._asked = this._say(toServer.requestUpdate, {});
    return this._asked;
  }

  /** Asks the server for a mode; `modeChanged` gets the answer. @returns false when nothing could be sent */
  setMode(mode: "automatic" | "device_managed"): boolean {
    return this._say(toServer.setUpdateMode, { mode });
  }

  private _modeTold(payload: unknown): void {
    const { mode, managed_updates_allowed: allowed, error } = fieldsOf(payload);
    if (!modes.includes(mode)) return;
    const told = mode as UpdateMode;
    this._mode = told;
    const refusal = typeof error === "string" ? printable(cut(error, 100)) : undefined;
    const { log } = this._core!;
    if (refusal === undefined) log.info(`Update mode: ${told}.`);
    else log.warning(`The server refuses the update mode (${refusal}); it stays ${told}.`);
    tell(log, "managedUpdates.modeChanged", () => this._options.modeChanged?.(told, allowed === true, refusal));
  }

  private _checked(payload: unknown): void {
    const { available, firmware_meta: meta } = fieldsOf(payload);
    const { version } = fieldsOf(meta);
    const known = available === true && typeof version === "string" ? version : undefined;
    if (available === true) this._notBeforeMs = 0;
    this._core!.log.info(
      available === true ? `The server has an update${known ? ` to ${known}` : ""}.` : "There is no update.",
    );
    tell(this._core!.log, "managedUpdates.checked", () => this._options.checked?.(available === true, known));
  }

  private _rejected(payload: unknown): void {
    const { reason, delay_for: minutes } = fieldsOf(payload);
    this._asked = false;
    // Only "busy" names one: with "no_update" there is nothing to wait for.
    const named = typeof minutes === "number" && Number.isFinite(minutes) && minutes >= 0;
    const delayMs = named ? Math.min(minutes, maxUpdateRejectionMinutes) * 60_000 : 0;
    this._notBeforeMs = this._core!.platform.clock.monotonic() + delayMs;
    const why = typeof reason === "string" ? printable(cut(reason, 100)) : "no reason given";
    const wait = delayMs > 0 ? `; none is asked for within ${Math.ceil(delayMs / 60_000)} min` : "";
    this._core!.log.info(`The server gives no update now (${why})${wait}.`);
    tell(this._core!.log, "managedUpdates.rejected", () => this._options.rejected?.(why, delayMs));
  }

  private _command(what: string | undefined): string {
    const asked = (done: boolean): string => {
      if (done) return "Asked; the log tells the answer.";
      throw new Error("The server could not be asked; the log tells why.");
    };
    switch (what) {
      case undefined:
        return `${updateState(this._core!)}; mode ${this._mode ?? "unknown to this server"}.`;
      case "check":
        return asked(this.check());
      case "request":
        return asked(this.request());
      case "automatic":
      case "device_managed":
        return asked(this.setMode(what));
      default:
        throw new Error(`"${cut(what, 32)}" is none of check, request, automatic and device_managed.`);
    }
  }

  private _say(event: string, payload: object): boolean {
    if (this._mode === undefined) {
      this._core!.log.info("The server does not offer device-managed updates, or is not connected.");
      return false;
    }
    return this._core!.push(event, payload) !== undefined;
  }
}
