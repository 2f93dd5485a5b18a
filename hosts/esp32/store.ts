/*
 * Store of an ESP32: NVS through the SDK's `preference`, made safe against power cuts by TwoCopies.
 *
 * Each key has two blobs (`KEY.a`, `KEY.b`) in the namespace "nerveshub" of the partition "nvs".
 */

import Preference from "preference";
import { type Cells, TwoCopies } from "./two-copies.js";

/** NVS namespace, at most 15 characters. */
const nvsNamespace = "nerveshub";

class NvsCells implements Cells {
  get(name: string): Uint8Array | undefined {
    const blob = Preference.get(nvsNamespace, name);
    return blob instanceof ArrayBuffer ? new Uint8Array(blob) : undefined;
  }

  set(name: string, bytes: Uint8Array): void {
    Preference.set(nvsNamespace, name, bytes.slice().buffer);
  }

  delete(name: string): void {
    Preference.delete(nvsNamespace, name);
  }
}

export const nvsStore = (): TwoCopies => {
  return new TwoCopies(new NvsCells());
};
