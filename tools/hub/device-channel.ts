/*
 * Topic `device`: the join with everything that hangs on it, and every event a device may send there
 * (NervesHub, docs/device_managed_updates.md). None gets a reply: what there is to
 * say is pushed.
 */

import { type Channel, ChannelCrash, type Reply, type Topic } from "./channel.js";
import { refuseNul } from "./database.js";
import type { Desk } from "./desk.js";
import type { Device } from "./device.js";
import { advertisement } from "./extensions/catalog.js";
import { type FirmwareMetadata, firmwareOfJoin } from "./firmware-metadata.js";
import { type JoinPayload, readJoinPayload } from "./join-payload.js";
import { isText, type Json, type JsonObject, member, sizeOf } from "./json.js";
import { maxFactBytes } from "./limits.js";
import { Scripts } from "./scripts.js";
import { applyProgress, applyStatus, type StatusOutcome } from "./update-status.js";
import { atLeast } from "./version.js";

export class DeviceChannel implements Channel {
  readonly scripts: Scripts;
  readonly #desk: Desk;
  readonly #device: Device;
  readonly #topic: Topic;
  /** What the reply to the join is followed by; without the payload, which may be large. */
  #join: Omit<JoinPayload, "fields"> | undefined;

  constructor(desk: Desk, device: Device, topic: Topic) {
    this.#desk = desk;
    this.#device = device;
    this.#topic = topic;
    this.scripts = new Scripts(desk.settings.timers);
  }

  join(payload: Json): Reply {
    refuseNul(payload, "the join's metadata");
    const join = readJoinPayload(payload);
    if (join === "could not connect") return { status: "error", response: { error: join } };
    const device = this.#device;
    const { fields, ...rest } = join;
    const firmware = firmwareOfJoin(fields, device.firmware, (uuid) => this.#desk.library.image(uuid)?.metadata);
    this.#join = rest;
    device.connection.apiVersion = join.apiVersion;
    if (!join.downloading) device.inflight = undefined;
    this.#record(firmware);
    device.validation = join.validation;
    device.autoRevert = join.autoRevert;
    const text =
      device.firmware === undefined
        ? "joined; its firmware is unknown, so it will never be offered an update"
        : `joined with ${device.firmware.product} ${device.firmware.version} on ${device.firmware.platform}`;
    const notes = `${join.validation === "not_validated" ? ", not validated yet" : ""}${join.autoRevert ? ", after a rollback" : ""}`;
    this.#desk.timeline.add(device.identifier, "joined", `${text}${notes}`, payload);
    return { status: "ok", response: {} };
  }

  joined(): void {
    const join = this.#join!;
    const device = this.#device;
    const { fwup, archive } = this.#desk.settings.publicKeys;
    if (join.wantsFwupKeys && fwup?.length) this.#topic.broadcast("fwup_public_keys", { keys: [...fwup] });
    if (join.wantsArchiveKeys && archive?.length) this.#topic.broadcast("archive_public_keys", { keys: [...archive] });
    const offered = atLeast(join.apiVersion, "2.0.0") ? this.#desk.archiveFor(device) : undefined;
    if (offered !== undefined) this.#topic.broadcast("archive", offered);
    if (atLeast(join.apiVersion, "2.2.0")) this.#topic.broadcast("extensions:get", this.#extensionsOffered());
    this.updateModeChanged();
    device.connection.status = "connected";
    const code = device.connectingCode;
    if (code !== undefined && this.runsScripts) this.#topic.push("scripts/run", { text: code, ref: "connecting_code" });
    this.#desk.orchestrator.enrol(device);
    this.#desk.orchestrator.schedule(device);
  }

  /** Below API 2.1.0 scripts are typed into the console. */
  get runsScripts(): boolean {
    return atLeast(this.#device.connection.apiVersion, "2.1.0");
  }

  runScript(text: string): Promise<string | undefined> {
    return this.scripts.run(text, (payload) => this.#topic.push("scripts/run", payload));
  }

  push(event: string, payload: Json): void {
    this.#topic.broadcast(event, payload);
  }

  /** Told unasked from API 2.4.0 on: at the join, and when the operator changes the mode or the grant. */
  updateModeChanged(): void {
    if (this.#current && atLeast(this.#device.connection.apiVersion, "2.4.0")) this.#sendUpdateMode();
  }

  receive(event: string, payload: Json): undefined {
    const device = this.#device;
    const { clock, penaltyMs } = this.#desk.settings;
    switch (event) {
      case "status_update":
        return this.#note("status", applyStatus(device, payload, clock.now(), penaltyMs));
      case "update_progress":
      case "fwup_progress":
        return this.#note("progress", applyProgress(device, payload, clock.now(), penaltyMs));
      case "firmware_validated":
        if (device.firmware === undefined) throw new ChannelCrash("firmware_validated although no firmware is known");
        device.validation = "validated";
        return this.#say("validated", `firmware ${device.firmware.version} is validated`);
      case "rebooting":
        return this.#say("rebooting", "the device restarts");
      case "report_network_interface":
        return this.#networkInterface(member(payload, "interface"));
      case "connection_types":
        return this.#connectionTypes(member(payload, "values"));
      case "scripts/run":
        return this.#scriptAnswer(payload);
      default:
        return this.#current ? this.#managed(event, payload) : this.#unknown(event);
    }
  }

  /** The events of device-managed updates, which came after August 2026. */
  #managed(event: string, payload: Json): undefined {
    if (event === "check_update") return this.#checkUpdate();
    if (event === "request_update") return this.#requestUpdate();
    if (event === "set_update_mode") return this.#setUpdateMode(member(payload, "mode"));
    return this.#unknown(event);
  }

  #unknown(event: string): undefined {
    return this.#say("ignored", `unknown event ${event}`);
  }

  get #current(): boolean {
    return this.#desk.settings.protocol === "current";
  }

  ended(): void {
    this.scripts.end();
  }

  /**
   * What the join makes of the recorded firmware: any other uuid counts as a successful update, and so does a join that
   * says none while one is on record, at every join (nerves_hub_web, device_link.ex and firmware_updates.ex).
   */
  #record(firmware: FirmwareMetadata | undefined): void {
    const device = this.#device;
    const before = device.firmware;
    if (firmware !== undefined && firmware.uuid === before?.uuid) return;
    if (firmware === undefined && before === undefined) return;
    const now = firmware ?? before!;
    device.firmware = now;
    device.inflight = undefined;
    device.clearPenalty();
    device.updateStatistics++;
    // The real server audits the first report too; here that is the entry "joined".
    if (before !== undefined) this.#say("audit", `firmware set to version ${now.version} (${now.uuid})`);
    if (before !== undefined && firmware !== undefined) {
      this.#say("updated", `firmware changed from ${before.version} to ${firmware.version}`);
    }
  }

  #extensionsOffered(): Json {
    if (!this.#current) return {};
    return advertisement(this.#desk.settings.extensions);
  }

  /** @param error why a mode that the device asked for was refused */
  #sendUpdateMode(error?: string): void {
    const { updateMode, managedUpdatesAllowed } = this.#device;
    const refusal: JsonObject = error === undefined ? {} : { error };
    this.#topic.broadcast("update_mode", {
      mode: updateMode,
      managed_updates_allowed: managedUpdatesAllowed,
      ...refusal,
    });
  }

  #networkInterface(name: Json | undefined): undefined {
    if (name === undefined) return;
    const text = isText(name) ? name : "";
    const kind = text.startsWith("wlan")
      ? "wifi"
      : /^(eth|en)/.test(text)
        ? "ethernet"
        : text.startsWith("wwan")
          ? "cellular"
          : "unknown";
    this.#device.connection.interface = kind;
    this.#say("interface", `network interface ${text} counts as ${kind}`);
  }

  #connectionTypes(values: Json | undefined): undefined {
    if (values === undefined) return;
    if (sizeOf(values, maxFactBytes) === undefined) return this.#say("interface", "connection types: too much to keep");
    this.#device.connection.connectionTypes = values;
    this.#say("interface", `connection types ${JSON.stringify(values)}`);
  }

  #scriptAnswer(payload: Json): undefined {
    this.scripts.answer(payload);
    if (member(payload, "ref") !== "connecting_code") return;
    const failed = member(payload, "result") === "error" || member(payload, "return") === "nil";
    this.#say("script", `connecting code ${failed ? "failed" : "ran"}`, payload);
  }

  #checkUpdate(): undefined {
    const target = this.#desk.orchestrator.target(this.#device);
    this.#topic.broadcast("update_available", {
      available: target !== undefined,
      firmware_meta: target === undefined ? null : { ...target.metadata },
    });
    this.#say("asked", `asked for updates: ${target === undefined ? "none" : target.metadata.version}`);
  }

  #requestUpdate(): undefined {
    if (this.#device.inflight !== undefined) throw new ChannelCrash("request_update although an update is in flight");
    const refusal = this.#desk.orchestrator.request(this.#device);
    if (refusal === undefined) return;
    const wait: JsonObject = refusal.delayFor === undefined ? {} : { delay_for: refusal.delayFor };
    this.#topic.broadcast("update_rejected", { reason: refusal.reason, ...wait });
    this.#say("rejected", `asked for an update and was refused: ${refusal.reason}`);
  }

  /** A device may neither enter nor leave `off`, and needs the grant for `device_managed`. */
  #setUpdateMode(mode: Json | undefined): undefined {
    const device = this.#device;
    const allowed = mode === "automatic" || (mode === "device_managed" && device.managedUpdatesAllowed);
    const taken = allowed && device.updateMode !== "off";
    if (taken) device.updateMode = mode;
    const known = mode === "automatic" || mode === "device_managed";
    this.#sendUpdateMode(taken ? undefined : known ? "not_permitted" : "unknown_mode");
    this.#say("mode", `asked for update mode ${JSON.stringify(mode ?? null)}: it is ${device.updateMode}`);
    this.#desk.orchestrator.schedule(device);
  }

  #note(kind: string, outcome: StatusOutcome | undefined): undefined {
    if (outcome !== undefined) this.#say(kind, outcome.text);
  }

  #say(kind: string, text: string, data?: Json): undefined {
    this.#desk.timeline.add(this.#device.identifier, kind, text, data);
  }
}
