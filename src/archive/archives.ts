/*
 * Archives: from the server's offer to the application's writer, one at a time, with the downloads of updates.
 *
 * The rules it guards: an update comes first, so an archive waits for it and gives way to it; and an archive that the
 * application has taken is not fetched again, although the server offers it with every join.
 */

import { asFault } from "../../modules/fault/fault.js";
import type { SecureOptions } from "../../modules/host/byte-stream.js";
import type { Host } from "../../modules/host/host.js";
import type { Timer } from "../../modules/host/timers.js";
import { decodeUtf8, encodeUtf8 } from "../../modules/text/utf8.js";
import type { Client } from "../client.js";
import type { Log } from "../log.js";
import { Download } from "../update/download.js";
import type { Offer } from "../update/offer.js";
import { checkTransport } from "../update/transport.js";
import { WriterTarget } from "../update/writer-target.js";
import { type ArchiveOffer, parseArchiveOffer } from "./archive-offer.js";
import type { ArchiveWriter } from "./archive-writer.js";

export interface ArchivesOptions {
  host: Host;
  log: Log;
  client: Client;
  secure: SecureOptions;
  /** The hub is reached over TLS: an archive over http, which has no checksum, is then not taken. */
  tls: boolean;
  writer: ArchiveWriter | undefined;
  /** An update is being made. */
  updating(): boolean;
}

const storeKey = "archive-uuid";
/** How often it is looked whether an update has ended. */
const waitMs = 30_000;

export class Archives {
  readonly #options: ArchivesOptions;
  #offer: ArchiveOffer | undefined;
  #download: Download | undefined;
  #target: WriterTarget | undefined;
  #timer: Timer | undefined;

  constructor(options: ArchivesOptions) {
    this.#options = options;
  }

  /** The uuid of the archive that the application took last. */
  get taken(): string | undefined {
    const bytes = this.#options.host.store.get(storeKey);
    return bytes === undefined ? undefined : decodeUtf8(bytes);
  }

  /** The server's `archive`. */
  offered(payload: unknown): void {
    const { log, client, writer } = this.#options;
    const offer = parseArchiveOffer(payload);
    if (offer === undefined) {
      log.warning("The server offered an archive that is not complete; upload it again.");
      return;
    }
    if (this.#offer?.uuid === offer.uuid) {
      this.#offer = offer;
      this.#download?.renew(offer.url);
      return;
    }
    if (this.taken === offer.uuid) return;
    const { url: _url, ...archive } = offer;
    if ((client.archiveAvailable?.(archive) ?? "ignore") === "ignore") return;
    if (writer === undefined) {
      log.error('An archive is wanted but there is nowhere to put it: the option "archiveWriter" is missing.');
      return;
    }
    this.#giveUp();
    this.#offer = offer;
    this.#start();
  }

  /** An update has been offered: what runs here is stopped, and begun anew when the update has ended without a restart. */
  giveWay(): void {
    if (this.#download === undefined) return;
    this.#options.log.info("The archive waits for the update.");
    this.#giveUp();
    this.#wait();
  }

  close(): void {
    this.#options.host.timers.clear(this.#timer);
    this.#giveUp();
    this.#offer = undefined;
  }

  #start(): void {
    const offer = this.#offer;
    const { host, log, secure, tls, updating, writer } = this.#options;
    if (offer === undefined || writer === undefined) return;
    if (updating()) {
      this.#wait();
      return;
    }
    const { url: _url, ...archive } = offer;
    const file: Offer = { ...offer, product: "", checksum: undefined, parts: [], manual: false };
    const target = new WriterTarget(
      {
        begin: () => writer.begin(archive),
        write: (chunk) => writer.write(chunk),
        finish: () => writer.finish(),
        abort: () => writer.abort(),
      },
      host.crypto,
    );
    this.#target = target;
    log.info(`Archive ${offer.version} (${offer.size} bytes) is being downloaded.`);
    try {
      checkTransport(file, tls);
      target.begin(file);
      this.#download = new Download({
        host,
        log,
        offer: file,
        target,
        secure,
        tls,
        from: 0,
        to: undefined,
        onProgress: () => {},
        onDone: () => this.#done(offer, target),
        onFault: (fault) => this.#failed(fault),
      });
      this.#download.start();
    } catch (error) {
      this.#failed(error);
    }
  }

  #done(offer: ArchiveOffer, target: WriterTarget): void {
    try {
      target.verify();
      target.activate();
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#download = undefined;
    this.#target = undefined;
    this.#offer = undefined;
    const { host, log } = this.#options;
    log.notice(`Archive ${offer.version} is complete.`);
    try {
      host.store.set(storeKey, encodeUtf8(offer.uuid));
    } catch (error) {
      log.warning(`The archive will be offered again: ${asFault(error, "store", "store-failed").message}`);
    }
  }

  /** Over until the server offers it again, with the next join. */
  #failed(error: unknown): void {
    this.#options.log.error(`The archive was not taken: ${asFault(error, "download", "archive-failed").message}`);
    this.#giveUp();
    this.#offer = undefined;
  }

  #giveUp(): void {
    const target = this.#target;
    this.#download?.close();
    this.#download = undefined;
    this.#target = undefined;
    try {
      target?.abort();
    } catch (error) {
      this.#options.log.error(asFault(error, "application", "abort-failed").message);
    }
  }

  #wait(): void {
    const { timers } = this.#options.host;
    timers.clear(this.#timer);
    this.#timer = timers.set(() => this.#start(), waitMs);
  }
}
