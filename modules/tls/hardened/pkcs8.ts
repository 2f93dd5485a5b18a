/*
 * In place of the SDK's `pkcs8`, which knows RSA only: EC keys on P-256 as well, in PKCS#8 (RFC 5958) or alone (RFC
 * 5915, "BEGIN EC PRIVATE KEY"). NervesHub's own tool makes device keys on that curve.
 *
 * An EC key comes back as `{curve, d}`; everything else is the original's.
 */

import BER from "ber";
import Curve from "curve";
import { requireShape } from "hardened/shape";
import sdk from "sdk/pkcs8";

requireShape("pkcs8", sdk, ["parse", "decrypt"]);

const integer = 0x02;
const octetString = 0x04;
const oid = 0x06;
const sequence = 0x30;
const rsaEncryption = "1,2,840,113549,1,1,1";
const ecPublicKey = "1,2,840,10045,2,1";
const prime256v1 = "1,2,840,10045,3,1,7";

/** RFC 5915: version 1, the private number, optionally the curve and the public key. */
function ecPrivateKey(ber: BER): { curve: Curve; d: bigint } {
  const curve = new Curve("secp256r1");
  ber.getInteger();
  const bytes = ber.getOctetString();
  const d = BigInt.fromArrayBuffer(bytes.slice().buffer);
  if (bytes.byteLength !== 32 || d <= 0n || d >= curve.n) throw new Error("not a private key on P-256");
  return { curve, d };
}

function otherCurve(): never {
  throw new Error("an EC key on another curve than P-256");
}

function parse(key: Uint8Array): ReturnType<typeof sdk.parse> {
  const outer = new BER(key);
  if (outer.getTag() !== sequence) throw new Error("not a DER sequence");
  outer.getLength();
  const version = outer.getInteger();
  switch (outer.peek()) {
    case octetString: {
      const ber = new BER(key);
      ber.getTag();
      ber.getLength();
      const parsed = ecPrivateKey(ber);
      // [0] names the curve; openssl always writes it.
      if (ber.readable > 0 && ber.peek() === 0xa0) {
        ber.getTag();
        ber.getLength();
        if (ber.getObjectIdentifier().toString() !== prime256v1) otherCurve();
      }
      return parsed;
    }
    case integer:
      throw new Error("an RSA key in PKCS#1, convert it with: openssl pkcs8 -topk8 -nocrypt -outform DER");
    case sequence: {
      if (version !== 0n && version !== 1n) throw new Error("a PKCS#8 version that is not known");
      const algorithm = new BER(outer.getSequence());
      const name = algorithm.getObjectIdentifier().toString();
      if (name === rsaEncryption) return sdk.parse(key);
      if (name !== ecPublicKey) throw new Error(`a key of the kind ${name.replaceAll(",", ".")}`);
      if (algorithm.peek() !== oid || algorithm.getObjectIdentifier().toString() !== prime256v1) otherCurve();
      const inner = new BER(outer.getOctetString());
      if (inner.getTag() !== sequence) throw new Error("not a DER sequence");
      inner.getLength();
      return ecPrivateKey(inner);
    }
    default:
      throw new Error("neither PKCS#8 nor an EC private key; an encrypted one cannot be used");
  }
}

export default Object.freeze({ parse, decrypt: sdk.decrypt });
