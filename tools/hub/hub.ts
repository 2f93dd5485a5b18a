/*
 * The desk hub: a NervesHub for one desk, in one process, in memory. This class puts the parts together and holds the
 * devices; what a person can do to a device is in operator.ts.
 */

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Timer } from "../../modules/platform/timers.js";
import { type Admitted, admit, type Refused } from "./admission.js";
import { answerApi } from "./api.js";
import { Archives } from "./archives.js";
import { Deltas } from "./deltas.js";
import type { Desk } from "./desk.js";
import { Device, freshConnection } from "./device.js";
import { DeviceSocket } from "./device-socket.js";
import type { DownloadFaults } from "./download-faults.js";
import { Downloads } from "./downloads.js";
import { FirmwareFolder } from "./firmware-folder.js";
import { type FirmwareImage, FirmwareLibrary, type ServedFile } from "./firmware-library.js";
import { FrameLog } from "./frame-log.js";
import { HttpFront } from "./http-front.js";
import type { HubWebSocket } from "./hub-web-socket.js";
import { maxDevices } from "./limits.js";
import { Operator } from "./operator.js";
import { type HubOptions, type Settings, settingsOf } from "./options.js";
import { Orchestrator } from "./orchestrator.js";
import { PlainFiles } from "./plain-files.js";
import { Timeline, type TimelineEntry } from "./timeline.js";
import { Updating } from "./updating.js";

export class Hub {
  readonly settings: Settings;
  readonly timeline: Timeline;
  readonly frames: FrameLog;
  /** Whoever has it may act on the hub over HTTP. */
  readonly token: string;
  /** How to connect a device, for the page of whoever has the token. */
  connectingLines = "";
  readonly library: FirmwareLibrary;
  readonly deltas: Deltas;
  readonly orchestrator: Orchestrator;
  readonly downloads: Downloads;
  readonly archives: Archives;
  /** Everything a person can ask for. */
  readonly operator: Operator;
  readonly #desk: Desk;
  readonly #devices = new Map<string, Device>();
  readonly #updating: Updating;
  readonly #sockets = new Map<string, DeviceSocket>();
  readonly #front: HttpFront;
  readonly #plainFiles: PlainFiles | undefined;
  readonly #folder: FirmwareFolder | undefined;
  #timers: Timer[] = [];
  #port = 0;

  constructor(options: HubOptions) {
    const settings = settingsOf(options);
    this.settings = settings;
    this.timeline = new Timeline(settings.clock);
    this.frames = new FrameLog(settings.clock);
    this.token = settings.token ?? randomBytes(24).toString("base64url");
    this.library = new FirmwareLibrary(settings.product);
    const { firmwareDir } = settings;
    this.#folder = firmwareDir === undefined ? undefined : new FirmwareFolder(firmwareDir, this.library);
    this.deltas = new Deltas(this.library, settings.detools, (text) => {
      this.timeline.add(undefined, "patch", text);
      this.orchestrator.schedule();
    });
    this.downloads = new Downloads(settings, (text, path) => this.#downloadSeen(text, path));
    this.#plainFiles = settings.plainFiles ? new PlainFiles(this.downloads) : undefined;
    this.archives = new Archives(this.downloads, this.settings.product);
    this.#updating = new Updating();
    this.orchestrator = new Orchestrator(
      settings,
      this.library,
      this.deltas,
      this.timeline,
      () => this.#devices.values(),
      this.#updating,
      (...offer) => this.#offer(...offer),
    );
    this.#desk = {
      settings,
      timeline: this.timeline,
      frames: this.frames,
      library: this.library,
      orchestrator: this.orchestrator,
      downloads: this.downloads,
      archiveFor: (device) => this.archives.offerFor(device, this.#sockets.get(device.identifier)?.origin),
    };
    this.operator = new Operator(this);
    this.#front = new HttpFront(settings, {
      admit: (request) => this.#admit(request),
      refused: (request, refused) => this.#refused(request, refused),
      opened: (socket, request, admitted) => this.#opened(socket, request, admitted),
      plain: (request, response) => this.downloads.answer(request, response) || answerApi(this, request, response),
      badCertificate: (why) => this.timeline.add(undefined, "refused", `client certificate refused: ${why}`),
    });
  }

  /** Listens and looks at the folder of images for the first time. */
  async start(): Promise<void> {
    this.#port = await this.#front.listen();
    await this.#plainFiles?.listen(this.settings.listen);
    const { timers, scanIntervalMs, roundIntervalMs } = this.settings;
    this.#look();
    this.#timers.push(timers.repeat(() => this.#look(), scanIntervalMs));
    this.#timers.push(timers.repeat(() => this.orchestrator.round(), roundIntervalMs));
  }

  /** Ends every connection with 1012, as the real server does when it stops, and then the listener. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) this.settings.timers.clear(timer);
    this.#timers = [];
    this.orchestrator.stop();
    await Promise.all([this.#front.close(), this.#plainFiles?.close()]);
  }

  /** The port it listens on, known after `start`. */
  get port(): number {
    return this.#port;
  }

  get faults(): DownloadFaults {
    return this.downloads.faults;
  }

  /** @returns a function that ends the listening */
  onEvent(listener: (entry: TimelineEntry) => void): () => void {
    return this.timeline.listen(listener);
  }

  devices(): readonly Device[] {
    return [...this.#devices.values()];
  }

  device(identifier: string): Device | undefined {
    return this.#devices.get(identifier);
  }

  /** The device's open connection, if it has one. */
  socket(identifier: string): DeviceSocket | undefined {
    return this.#sockets.get(identifier);
  }

  /** Adds an image that is not in the folder. @returns a sentence when it is refused */
  addImage(bytes: Uint8Array, name: string): FirmwareImage | string {
    const image = this.library.add(Buffer.from(bytes), name);
    if (typeof image !== "string") this.#imageAdded(image);
    return image;
  }

  #look(): void {
    const { added, refused } = this.#folder?.look() ?? { added: [], refused: [] };
    for (const image of added) this.#imageAdded(image);
    for (const [what, why] of refused) this.timeline.add(undefined, "firmware", `${what} is not taken: ${why}`);
  }

  #imageAdded({ name, metadata, size }: FirmwareImage): void {
    const { product, version, platform } = metadata;
    this.timeline.add(undefined, "firmware", `${name}: ${product} ${version} for ${platform}, ${size} bytes`);
    this.orchestrator.schedule();
  }

  async #admit(request: IncomingMessage): Promise<Admitted | Refused> {
    const isDeleted = (identifier: string) => this.#devices.get(identifier)?.deleted === true;
    const admitted = await admit(request, this.settings, isDeleted);
    if ("status" in admitted || this.#devices.has(admitted.identifier) || this.#devices.size < maxDevices)
      return admitted;
    return { status: 503, why: `this hub holds no more than ${maxDevices} devices` };
  }

  #refused(request: IncomingMessage, { status, why }: Refused): void {
    const path = (request.url ?? "").split("?")[0];
    this.timeline.add(
      undefined,
      "refused",
      `${request.method} ${path} from ${request.socket.remoteAddress}: ${status}, ${why}`,
    );
  }

  /** A newer connection always wins: the older one goes with 1001, before the newer has joined anything. */
  #opened(webSocket: HubWebSocket, request: IncomingMessage, { identifier, by }: Admitted): void {
    let device = this.#devices.get(identifier);
    if (device === undefined) {
      device = new Device(identifier, this.settings.managedUpdatesAllowed, (one, before, after) => {
        this.#updating.changed(one, before, after);
        if (before?.origin === "group") this.orchestrator.freed();
      });
      this.#devices.set(identifier, device);
    }
    const older = this.#sockets.get(identifier);
    if (older !== undefined) this.timeline.add(identifier, "takeover", "a second connection: the older one is closed");
    older?.close(1001);
    device.connection = freshConnection("connecting");
    this.timeline.add(identifier, "connected", `authenticated by ${by}`);
    const origin = this.#plainFiles?.origin(originOf(request)) ?? originOf(request);
    const socket: DeviceSocket = new DeviceSocket(this.#desk, device, webSocket, request, origin, () => {
      if (this.#sockets.get(identifier) !== socket) return;
      this.#sockets.delete(identifier);
      device.connection.status = "disconnected";
    });
    this.#sockets.set(identifier, socket);
  }

  #offer(
    device: Device,
    image: FirmwareImage,
    file: ServedFile,
    sourceUuid: string | undefined,
    deploymentId: number | null,
  ): boolean {
    const socket = this.#sockets.get(device.identifier);
    const channel = socket?.deviceChannel;
    const { uuid, version } = image.metadata;
    if (socket === undefined || channel === undefined) {
      this.timeline.add(device.identifier, "lost", `update to ${version}: the device is not there`);
      return false;
    }
    const path = sourceUuid === undefined ? `/firmware/1/${uuid}.bin` : `/firmware/1/${sourceUuid}/${uuid}.delta.fw`;
    const contentType = sourceUuid === undefined ? "application/octet-stream" : "application/fwup";
    const what = sourceUuid === undefined ? "whole image" : "patch";
    this.timeline.add(device.identifier, "offered", `update to ${version}, ${what} of ${file.size} bytes`);
    this.downloads.put(path, { ...file, contentType });
    channel.push("update", {
      update_available: true,
      firmware_url: this.downloads.signed(path, socket.origin),
      firmware_meta: { ...image.metadata },
      ...(this.settings.checksums ? checksumsOf(file) : { size: null, checksum: null, partials_checksums: null }),
      deployment_id: deploymentId,
    });
    return true;
  }

  #downloadSeen(text: string, path: string): void {
    const uuid = /([0-9a-f-]{36})\.\w/.exec(path)?.[1];
    const device = uuid === undefined ? undefined : this.#updating.to(uuid);
    this.timeline.add(device?.identifier, "download", `${text} of ${path.split("/").at(-1)}`);
  }
}

function checksumsOf({ size, checksum, partialsChecksums }: ServedFile): object {
  return { size, checksum, partials_checksums: [...partialsChecksums] };
}

/** The address by which the device reached the hub is the one by which it will reach the files. */
function originOf(request: IncomingMessage): string {
  const scheme = (request.socket as TLSSocket).encrypted === true ? "https" : "http";
  const { localAddress, localPort } = request.socket;
  return `${scheme}://${request.headers.host ?? `${localAddress}:${localPort}`}`;
}
