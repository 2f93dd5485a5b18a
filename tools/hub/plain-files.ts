/*
 * A second listener, without TLS, for downloads alone: a hub whose file URLs are http although it speaks TLS itself, as
 * one with a misconfigured file store.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Downloads } from "./downloads.js";

export class PlainFiles {
  readonly #server;

  constructor(downloads: Downloads) {
    this.#server = createServer((request, response) => {
      if (!downloads.answer(request, response)) response.writeHead(404, { "content-length": 0 }).end();
    });
  }

  listen(address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, address, resolve);
    });
  }

  /** @param origin by which a device has reached the hub, "https://192.0.2.1:4001" */
  origin(origin: string): string {
    const url = new URL(origin);
    return `http://${url.hostname}:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
