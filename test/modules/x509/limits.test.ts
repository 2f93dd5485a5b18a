/*
 * Bounds of certificates and paths, at the limit and one beyond it. Those of TLS itself are in test/xs, since its modules
 * run on XS only.
 */

import type { Fault } from "../../../modules/fault/fault.js";
import { earliestPlausibleMs } from "../../../modules/platform/clock.js";
import { sameBytes } from "../../../modules/text/same-bytes.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { type Certificate, nameForPeople, readCertificate } from "../../../modules/x509/certificate.js";
import {
  maxCertificateChain,
  maxPathSteps,
  maxPathsChecked,
  type TrustAnchors,
  verifyPath,
} from "../../../modules/x509/path.js";
import { assert, describe } from "../../support/harness.js";
import { limit } from "../../support/limit.js";
import { Anchors, make } from "../../support/made-certificate.js";

const root = make({ subject: "root", issuer: "root", ca: true });

interface Verdict {
  code: string;
  /** Signatures that were checked. */
  checks: number;
}

function verify(
  chain: Uint8Array[],
  anchors: TrustAnchors = new Anchors(root),
  nowMs = Date.UTC(2026, 10, 21),
): Verdict {
  let checks = 0;
  try {
    verifyPath(chain, {
      serverName: "hub",
      nowMs,
      anchors,
      verifySignature(certificate, issuer) {
        checks++;
        return sameBytes(certificate.signature, encodeUtf8(nameForPeople(issuer.subject).replaceAll('"', "")));
      },
    });
    return { code: "good", checks };
  } catch (error) {
    return { code: (error as Fault).code, checks };
  }
}

/** A server's certificate and the CAs above it up to the root, `length` certificates in all. */
function chain(length: number): Uint8Array[] {
  const name = (i: number) => (i === length ? "root" : `ca ${i}`);
  const leaf = make({ subject: "leaf", issuer: name(1), host: "hub" });
  const issuers = Array.from({ length: length - 1 }, (_, i) =>
    make({ subject: name(i + 1), issuer: name(i + 2), ca: true }),
  );
  return [leaf, ...issuers];
}

describe("limits: certificates", () => {
  limit("maxCertificateChain", "that many are verified up to the root, one more is refused unread", () => {
    assert.deepEqual(verify(chain(maxCertificateChain)), { code: "good", checks: maxCertificateChain });
    assert.deepEqual(verify(chain(maxCertificateChain + 1)), { code: "certificate-malformed", checks: 0 });
  });

  limit("maxPathSteps", "a way found in that many steps is taken, and a maze is left after as many", () => {
    // Every certificate may have issued every other: the ways among them are more than the steps.
    const maze = Array.from({ length: maxCertificateChain - 1 }, (_, i) =>
      make({ subject: "maze", issuer: "maze", ca: true, from: `25010100000${i}Z` }),
    );
    const leaf = make({ subject: "leaf", issuer: "maze", host: "hub" });
    /** The root may have issued the certificate that is asked about in `step`. */
    const outAt = (step: number) => {
      let steps = 0;
      const anchors = new Anchors();
      const code = verify([leaf, ...maze], {
        issuersOf: () =>
          ++steps === step ? [readCertificate(make({ subject: "maze", issuer: "maze", ca: true }))] : [],
        includes: (certificate) => anchors.includes(certificate),
        hint: () => undefined,
      }).code;
      return { code, steps };
    };
    assert.deepEqual(outAt(maxPathSteps), { code: "good", steps: maxPathSteps });
    assert.deepEqual(outAt(maxPathSteps + 1), { code: "unknown-ca", steps: maxPathSteps });
  });

  limit("maxPathsChecked", "the last of that many ways is tried, one more is not", () => {
    const leaf = make({ subject: "leaf", issuer: "root", host: "hub" });
    /** `wrong` trusted certificates of the right name that did not sign it, and then the one that did. */
    const tried = (wrong: number): Verdict => {
      const others = Array.from({ length: wrong }, (_, i) =>
        make({ subject: "root", issuer: "root", ca: true, from: `25010200000${i}Z` }),
      );
      const anchors = new Anchors(...others, root);
      let checks = 0;
      try {
        verifyPath([leaf], {
          serverName: "hub",
          nowMs: Date.UTC(2026, 10, 21),
          anchors,
          verifySignature: (_certificate: Certificate, issuer: Certificate) => {
            checks++;
            return sameBytes(issuer.der, root);
          },
        });
        return { code: "good", checks };
      } catch (error) {
        return { code: (error as Fault).code, checks };
      }
    };
    assert.deepEqual(tried(maxPathsChecked - 1), { code: "good", checks: maxPathsChecked });
    assert.deepEqual(tried(maxPathsChecked), { code: "bad-certificate-signature", checks: maxPathsChecked });
  });

  limit("earliestPlausibleMs", "a clock at that time may judge, one a millisecond before it may not", () => {
    assert.equal(verify(chain(2), new Anchors(root), earliestPlausibleMs).code, "good");
    assert.equal(verify(chain(2), new Anchors(root), earliestPlausibleMs - 1).code, "clock-wrong");
  });
});
