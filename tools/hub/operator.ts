/*
 * What a person can do to a device: the buttons of the real server's device page. Every method returns a sentence for
 * people, or throws a Refusal with one.
 */

import { randomUUID } from "node:crypto";
import type { ArchiveInfo, Archives } from "./archives.js";
import type { ConsoleChannel } from "./console-channel.js";
import type { Device, UpdateMode } from "./device.js";
import type { DeviceChannel } from "./device-channel.js";
import type { DeviceSocket } from "./device-socket.js";
import type { FirmwareImage, FirmwareLibrary } from "./firmware-library.js";
import type { Json } from "./json.js";
import type { Settings } from "./options.js";
import type { Orchestrator } from "./orchestrator.js";
import type { Timeline } from "./timeline.js";

/** Something that cannot be done, in a sentence. */
export class Refusal extends Error {}

/** What an operator works on: the hub, as far as its device pages reach. */
export interface Operated {
  readonly settings: Settings;
  readonly timeline: Timeline;
  readonly library: FirmwareLibrary;
  readonly orchestrator: Orchestrator;
  readonly archives: Archives;
  device(identifier: string): Device | undefined;
  /** The device's open connection, if it has one. */
  socket(identifier: string): DeviceSocket | undefined;
}

export class Operator {
  readonly #hub: Operated;

  constructor(hub: Operated) {
    this.#hub = hub;
  }

  /** Sends one image by hand; `what` is a uuid, a version or a file name. Automatic updates are off afterwards.
   *  @param delta as a patch from what the device runs */
  push(identifier: string, what: string, delta = false): string {
    const device = this.#device(identifier);
    const image = this.#image(what);
    const source = delta ? device.firmware?.uuid : undefined;
    const before = device.updateMode;
    const refusal = this.#hub.orchestrator.push(device, image, source);
    if (device.updateMode !== before) this.#channelIfJoined(identifier)?.updateModeChanged();
    if (refusal !== undefined) throw new Refusal(refusal);
    return `${image.metadata.version} pushed to ${identifier}${before === "automatic" ? "; its automatic updates are off now" : ""}`;
  }

  /** A round of automatic offers, now. */
  offer(): string {
    this.#hub.orchestrator.round();
    return "whoever should have an update has been offered it";
  }

  reboot(identifier: string): string {
    return this.#broadcast(identifier, "reboot", {});
  }

  identify(identifier: string): string {
    return this.#broadcast(identifier, "identify", {});
  }

  /** Not a message: the socket is closed with 1001. */
  reconnect(identifier: string): string {
    this.#socket(identifier).close(1001);
    return `${identifier} was told to reconnect`;
  }

  /** Breaks the connection without a close frame, as a network does. */
  cut(identifier: string): string {
    this.#socket(identifier).terminate();
    return `the connection of ${identifier} is cut`;
  }

  /** The socket lives on; the next login is refused. */
  remove(identifier: string): string {
    this.#device(identifier).deleted = true;
    return `${identifier} is deleted: its next login is refused`;
  }

  /** The body of any event on the `device` topic, as a test may need it. */
  send(identifier: string, event: string, payload: Json): string {
    return this.#broadcast(identifier, event, payload);
  }

  clearPenalty(identifier: string): string {
    const device = this.#device(identifier);
    device.clearPenalty();
    this.#note(identifier, "penalty box and attempts cleared by hand");
    this.#hub.orchestrator.schedule(device);
    return `${identifier} may be offered updates again`;
  }

  /** @param allowed whether the device may set `device_managed` itself */
  setUpdateMode(identifier: string, mode: UpdateMode, allowed?: boolean): string {
    const device = this.#device(identifier);
    device.updateMode = mode;
    device.managedUpdatesAllowed = allowed ?? device.managedUpdatesAllowed;
    this.#channelIfJoined(identifier)?.updateModeChanged();
    this.#hub.orchestrator.schedule(device);
    return `update mode of ${identifier} is ${mode}`;
  }

  setTags(identifier: string, tags: readonly string[]): string {
    this.#device(identifier).tags = [...tags];
    return `tags of ${identifier}: ${tags.join(", ")}`;
  }

  /** Sent with every join from now on. */
  setConnectingCode(identifier: string, code: string | undefined): string {
    this.#device(identifier).connectingCode = code === "" ? undefined : code;
    return `connecting code of ${identifier} is ${code === undefined || code === "" ? "gone" : "set"}`;
  }

  /** @returns what the device answered; @throws Refusal when it does not within 15 s */
  async script(identifier: string, text: string): Promise<string> {
    const channel = this.#channel(identifier);
    const answer = await (channel.runsScripts ? channel.runScript(text) : this.#console(identifier).runScript(text));
    if (answer === undefined) throw new Refusal("device not available or responding");
    this.#note(identifier, `script answered: ${answer}`);
    return answer;
  }

  /** Keys for the terminal, as one frame. */
  consoleInput(identifier: string, text: string): string {
    this.#console(identifier).input(text);
    return `sent to the console of ${identifier}`;
  }

  /** Text key by key and Enter. */
  consoleType(identifier: string, text: string): string {
    this.#console(identifier).type(text);
    return `typed into the console of ${identifier}`;
  }

  consoleEvent(identifier: string, event: string, payload: Json): string {
    this.#console(identifier).push(event, payload);
    return `${event} sent to the console of ${identifier}`;
  }

  consoleOutput(identifier: string): string {
    return this.#console(identifier).output;
  }

  /** @param viewer gets `up` and `file-data…` as they come; @returns a function that ends it */
  consoleAttach(identifier: string, viewer: (event: string, payload: Json) => void): () => void {
    return this.#console(identifier).attach(viewer);
  }

  /** Any event on `extensions` on behalf of a viewer: `health:check`, `local_shell:shell_input`, … */
  extension(identifier: string, event: string, payload: Json): string {
    const channel = this.#socket(identifier).extensions;
    if (channel === undefined) throw new Refusal(`${identifier} has not joined the extensions topic`);
    channel.push(event, payload);
    return `${event} sent to ${identifier}`;
  }

  /** Asks a component for an action it reported. @returns the reference that the result will carry */
  componentAction(identifier: string, component: string, action: string): string {
    const ref = randomUUID();
    this.extension(identifier, "components:action:run", { ref, component, action });
    return ref;
  }

  /** Asks a component to set a mode it reported. @returns the reference that the result will carry */
  componentMode(identifier: string, component: string, mode: string, value: string): string {
    const ref = randomUUID();
    this.extension(identifier, "components:mode:set", { ref, component, mode, value });
    return ref;
  }

  /** Switches an extension on or off for one device; takes full effect at its next connection. */
  switchExtension(identifier: string, name: string, on: boolean): string {
    const device = this.#device(identifier);
    if (on) device.extensionsOff.delete(name);
    else device.extensionsOff.add(name);
    this.#hub.socket(identifier)?.extensions?.switched(name, on);
    return `extension ${name} of ${identifier} is ${on ? "on" : "off"}`;
  }

  /** Offers a file as an archive to that device now, and to every device at its next join. */
  archive(identifier: string, bytes: Uint8Array, info: ArchiveInfo): string {
    this.#hub.archives.set(bytes, info, this.#hub.settings.clock.now());
    const offer = this.#hub.archives.offerFor(this.#device(identifier), this.#socket(identifier).origin);
    if (offer === undefined)
      throw new Refusal(`${identifier} may have no archive now: updates are off or blocked, or its product is another`);
    return this.#broadcast(identifier, "archive", offer);
  }

  publicKeys(identifier: string, kind: "fwup" | "archive", keys: readonly string[]): string {
    return this.#broadcast(identifier, `${kind}_public_keys`, { keys: [...keys] });
  }

  #broadcast(identifier: string, event: string, payload: Json): string {
    this.#channel(identifier).push(event, payload);
    this.#note(identifier, `${event} sent`);
    return `${event} sent to ${identifier}`;
  }

  #image(what: string): FirmwareImage {
    const fits = ({ name, metadata }: FirmwareImage) => [name, metadata.uuid, metadata.version].includes(what);
    const image = this.#hub.library.images().find(fits);
    if (image === undefined) throw new Refusal(`no image is ${what}`);
    return image;
  }

  #device(identifier: string): Device {
    const device = this.#hub.device(identifier);
    if (device === undefined) throw new Refusal(`no device is called ${identifier}`);
    return device;
  }

  #socket(identifier: string): DeviceSocket {
    this.#device(identifier);
    const socket = this.#hub.socket(identifier);
    if (socket === undefined) throw new Refusal(`${identifier} is not connected`);
    return socket;
  }

  #channelIfJoined(identifier: string): DeviceChannel | undefined {
    return this.#hub.socket(identifier)?.deviceChannel;
  }

  #channel(identifier: string): DeviceChannel {
    const channel = this.#socket(identifier).deviceChannel;
    if (channel === undefined) throw new Refusal(`${identifier} has not joined the device topic: it would be lost`);
    return channel;
  }

  #console(identifier: string): ConsoleChannel {
    const channel = this.#socket(identifier).console;
    if (channel === undefined) throw new Refusal(`${identifier} has not joined the console topic`);
    return channel;
  }

  #note(identifier: string, text: string): void {
    this.#hub.timeline.add(identifier, "operator", text);
  }
}
