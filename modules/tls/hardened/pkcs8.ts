/*
 * Replaces the SDK's `pkcs8`, which knows RSA only: reads EC keys on P-256 as well (RFC 5958 and 5915). NervesHub's own
 * tool makes device keys on that curve. modules/x509/private-key.ts converts other forms to PKCS#8.
 *
 * An EC key is returned as `{curve, d}`; every other key goes to the SDK's `parse`.
 */

/// <reference path="../../../types/tls.d.ts" />

import BER from "ber";
import Curve from "curve";
import { requireShape } from "nerveshub/modules/tls/hardened/shape";
import sdk from "sdk/pkcs8";

requireShape("pkcs8", sdk, ["parse", "decrypt"]);

const sequence = 0x30;
const ecPublicKey = "1,2,840,10045,2,1";
const prime256v1 = "1,2,840,10045,3,1,7";

/** RFC 5915: version 1, the private number, optionally the curve and the public key. */
const ecPrivateKey = (ber: BER): { curve: Curve; d: bigint } => {
  const curve = new Curve("secp256r1");
  ber.getInteger();
  const bytes = ber.getOctetString();
  const d = BigInt.fromArrayBuffer(bytes.slice().buffer);
  if (bytes.byteLength !== 32 || d <= 0n || d >= curve.n) throw new Error("not a private key on P-256");
  return { curve, d };
};

const parse = (key: Uint8Array): ReturnType<typeof sdk.parse> => {
  const outer = new BER(key);
  if (outer.getTag() !== sequence) throw new Error("not a DER sequence");
  outer.getLength();
  outer.getInteger();
  const algorithm = new BER(outer.getSequence());
  if (algorithm.getObjectIdentifier().toString() !== ecPublicKey) return sdk.parse(key);
  if (algorithm.getObjectIdentifier().toString() !== prime256v1)
    throw new Error("an EC key on another curve than P-256");
  const inner = new BER(outer.getOctetString());
  if (inner.getTag() !== sequence) throw new Error("not a DER sequence");
  inner.getLength();
  return ecPrivateKey(inner);
};

export default Object.freeze({ parse, decrypt: sdk.decrypt });
