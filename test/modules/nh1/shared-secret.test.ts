import { encodeTokenTerm } from "../../../modules/nh1/external-term.js";
import { saltOf, sharedSecretHeaders } from "../../../modules/nh1/shared-secret.js";
import { toHex } from "../../../modules/text/hex.js";
import { decodeUtf8, encodeUtf8 } from "../../../modules/text/utf8.js";
import { assert, crypto, describe, fixture, it } from "../../support/harness.js";

interface Vector {
  input: {
    key: string;
    secret: string;
    identifier: string;
    signed_at_seconds: number;
    max_age_seconds: number;
  };
  headers: Record<string, string>;
}

interface ServerVector {
  key: string;
  secret: string;
  identifier: string;
  time: number;
  max_age: number;
  headers: Record<string, string>;
  salt: string;
  payload_term_hex: string;
}

function read(path: string): unknown {
  return JSON.parse(decodeUtf8(fixture(path)));
}

describe("NH1 shared secret", () => {
  it("makes the headers of every worked vector byte for byte", () => {
    const { vectors } = read("shared-secret-vectors.json") as { vectors: Vector[] };
    assert.ok(vectors.length >= 6);
    for (const { input, headers } of vectors) {
      const made = sharedSecretHeaders(crypto, {
        key: input.key,
        secret: input.secret,
        identifier: input.identifier,
        time: input.signed_at_seconds,
        maxAge: input.max_age_seconds,
        algorithm: headers["x-nh-alg"],
      });
      assert.deepEqual(Object.fromEntries(made), headers);
    }
  });

  it("makes the headers that the server's own library signed", () => {
    const vectors = read("transcripts/shared-secret-vectors.json") as ServerVector[];
    assert.ok(vectors.length >= 12);
    for (const vector of vectors) {
      const algorithm = vector.headers["x-nh-alg"];
      assert.equal(saltOf(algorithm, vector.key, vector.time), vector.salt);
      const term = encodeTokenTerm(encodeUtf8(vector.identifier), vector.time * 1000, vector.max_age);
      assert.equal(toHex(term), vector.payload_term_hex);
      const made = sharedSecretHeaders(crypto, { ...vector, maxAge: vector.max_age, algorithm });
      assert.deepEqual(Object.fromEntries(made), vector.headers);
    }
  });
});
