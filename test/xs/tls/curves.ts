/*
 * P-256 and P-384 against Wycheproof's vectors, and what each costs.
 */

import Curve from "curve";
import { type PublicKey, verifySignature } from "nerveshub/modules/tls/hardened/signature";
import { fromHex, toHex } from "../../../modules/text/hex.js";
import { readPublicKey } from "../../../modules/tls/public-key.js";
import { assert, cpuMs, describe, environment, it, report } from "../harness.js";

const file = native("test_file") as (path: string) => ArrayBuffer;

/** Empty where the vectors are not. */
const folder = environment("TLS_WYCHEPROOF");

interface Vector {
  tcId: number;
  comment: string;
  flags: string[];
  result: "valid" | "acceptable" | "invalid";
}

interface SignatureVector extends Vector {
  msg: string;
  sig: string;
}

interface ExchangeVector extends Vector {
  public: string;
  private: string;
  shared: string;
}

/**
 * The SDK compares r with the point's x as it is, not modulo n: a signature whose x lies between n and p is refused. One
 * in 2^128 is like that.
 */
const unreduced = (): RegExp => /large x-coordinate|smallest possible x with a reduction/;

function groups<T>(name: string): { publicKeyDer: string; tests: T[] }[] {
  return JSON.parse(String.fromArrayBuffer(file(`${folder}/${name}_test.json`))).testGroups;
}

const bytes = (hex: string): Uint8Array => fromHex(hex)!;
const describeVector = ({ tcId, comment }: Vector): string => `${tcId} (${comment})`;

function keyOf(spki: string): PublicKey | undefined {
  try {
    return readPublicKey(bytes(spki));
  } catch {
    return undefined;
  }
}

if (!folder) report("skipped: the vectors of Wycheproof are not here (../shared/data/wycheproof)");
else
  describe("Wycheproof", () => {
    for (const [name, hash] of [
      ["ecdsa_secp256r1_sha256", "SHA256"],
      ["ecdsa_secp384r1_sha384", "SHA384"],
    ] as const)
      it(`${name}: what is valid is taken, and nothing else`, () => {
        const wrong: string[] = [];
        for (const { publicKeyDer, tests } of groups<SignatureVector>(name))
          for (const vector of tests) {
            const key = keyOf(publicKeyDer);
            const taken = key !== undefined && verifySignature(key, hash, [bytes(vector.msg)], bytes(vector.sig));
            const wanted = vector.result === "valid" && !unreduced().test(vector.comment);
            if (taken !== wanted) wrong.push(describeVector(vector));
          }
        assert.deepEqual(wrong, []);
      });

    for (const [name, curveName] of [
      ["ecdh_secp256r1", "secp256r1"],
      ["ecdh_secp384r1", "secp384r1"],
    ] as const)
      it(`${name}: the shared secret is right, and no point off the curve is taken`, () => {
        const curve = new Curve(curveName);
        const wrong: string[] = [];
        for (const { tests } of groups<ExchangeVector>(name))
          for (const vector of tests) {
            const key = keyOf(vector.public);
            const usable = key !== undefined && "curve" in key && key.curve.n === curve.n;
            if (!usable) {
              if (vector.result === "valid") wrong.push(describeVector(vector));
              continue;
            }
            if (vector.result === "invalid") wrong.push(describeVector(vector));
            const point = Uint8Array.of(4).buffer.concat(
              ArrayBuffer.fromBigInt(key.pub.X, curve.orderSize),
              ArrayBuffer.fromBigInt(key.pub.Y, curve.orderSize),
            );
            const shared = curve.Z(curve.dh(bytes(vector.private).buffer as ArrayBuffer, point));
            if (toHex(new Uint8Array(shared)) !== vector.shared) wrong.push(describeVector(vector));
          }
        assert.deepEqual(wrong, []);
      });

    it("P-384 beside P-256, in milliseconds of CPU", () => {
      for (const [curveName, name, hash] of [
        ["secp256r1", "ecdsa_secp256r1_sha256", "SHA256"],
        ["secp384r1", "ecdsa_secp384r1_sha384", "SHA384"],
      ] as const) {
        const curve = new Curve(curveName);
        const secret = new Uint8Array(curve.orderSize).fill(0xa5).buffer;
        const times = 50;
        let start = cpuMs();
        for (let i = 0; i < times; i++) curve.dh(secret, curve.dh(secret));
        const exchange = (cpuMs() - start) / times;
        const [{ publicKeyDer, tests }] = groups<SignatureVector>(name);
        const key = keyOf(publicKeyDer)!;
        const { msg, sig } = tests.find(({ result }) => result === "valid")!;
        start = cpuMs();
        for (let i = 0; i < times; i++) verifySignature(key, hash, [bytes(msg)], bytes(sig));
        const verify = (cpuMs() - start) / times;
        report(`${curveName}: ${exchange.toFixed(1)} for a key exchange, ${verify.toFixed(1)} for a signature`);
      }
    });
  });
