/*
 * Ambient typings for what the SDK's own typings lack (8.2.3). Used by tsconfig.xs.json and, through the manifest's
 * `typescript` section, by mcconfig: an ambient module beats the generated path map.
 */

declare module "hmac" {
  import type { Digest } from "crypt";
  export default class HMAC {
    constructor(digest: Digest, key: ArrayBuffer | Uint8Array);
    process(...parts: (ArrayBuffer | Uint8Array)[]): ArrayBuffer;
  }
}
