import type { Fault } from "../../../modules/fault/fault.js";
import { sameBytes } from "../../../modules/text/same-bytes.js";
import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { type Certificate, nameForPeople, readCertificate } from "../../../modules/x509/certificate.js";
import { maxPathSteps, maxPathsChecked, type TrustAnchors, verifyPath } from "../../../modules/x509/path.js";
import { assert, describe, it } from "../../support/harness.js";
import {
  Anchors,
  anyPurpose,
  clientAuth,
  constraints,
  der,
  dns,
  make,
  serverAuth,
} from "../../support/made-certificate.js";

const nowMs = Date.UTC(2026, 10, 21);

const root = make({ subject: "root", issuer: "root", ca: true });
const middle = make({ subject: "middle", issuer: "root", ca: true });
const leaf = make({ subject: "leaf", issuer: "middle", host: "hub" });

/** Verifies, and records whose key was used to check whose signature. */
function verify(chain: Uint8Array[], anchors: TrustAnchors = new Anchors(root), isEarliest = false): string[] {
  const checked: string[] = [];
  try {
    verifyPath(chain, {
      serverName: "hub",
      nowMs,
      isEarliest,
      anchors,
      verifySignature(certificate, issuer) {
        checked.push(`${nameForPeople(issuer.subject)} > ${nameForPeople(certificate.subject)}`);
        return sameBytes(certificate.signature, encodeUtf8(nameForPeople(issuer.subject).replaceAll('"', "")));
      },
    });
    return [...checked, "good"];
  } catch (error) {
    return [...checked, (error as Fault).code];
  }
}

describe("certificate path", () => {
  it("is checked from the root down, so that no key is used before somebody vouched for it", () => {
    assert.deepEqual(verify([leaf, middle]), ['"root" > "middle"', '"middle" > "leaf"', "good"]);
    const forged = make({ subject: "middle", issuer: "root", ca: true, signer: "mallory" });
    assert.deepEqual(verify([leaf, forged]), ['"root" > "middle"', "bad-certificate-signature"]);
  });

  it("may come in any order, with more than it needs", () => {
    const other = make({ subject: "other", issuer: "elsewhere", ca: true });
    assert.equal(verify([leaf, other, root, middle]).at(-1), "good");
  });

  it("takes another way when the first leads to a wrong signature", () => {
    const twin = make({ subject: "middle", issuer: "root", ca: true, signer: "mallory" });
    assert.equal(verify([leaf, twin, middle]).at(-1), "good");
  });

  it("ends at the first trusted certificate, so a cross-signed root needs no other", () => {
    const cross = make({ subject: "root", issuer: "older", ca: true });
    assert.deepEqual(verify([leaf, middle, cross]), ['"root" > "middle"', '"middle" > "leaf"', "good"]);
  });

  it("may be the server's certificate alone, when a root signed it or it is pinned", () => {
    const direct = make({ subject: "leaf", issuer: "root", host: "hub" });
    assert.deepEqual(verify([direct]), ['"root" > "leaf"', "good"]);
    assert.deepEqual(verify([leaf], new Anchors(leaf)), ["good"]);
  });

  it("is not good for another name, pinned or not", () => {
    const other = make({ subject: "leaf", issuer: "root", host: "elsewhere" });
    assert.equal(verify([other]).at(-1), "certificate-name-mismatch");
    assert.equal(verify([other], new Anchors(other)).at(-1), "certificate-name-mismatch");
  });

  it("is as old as its oldest certificate, the root included", () => {
    const expired = make({ subject: "root", issuer: "root", ca: true, to: "260101000000Z" });
    assert.equal(verify([leaf, middle], new Anchors(expired)).at(-1), "certificate-expired");
    const early = make({ subject: "middle", issuer: "root", ca: true, from: "261201000000Z" });
    assert.equal(verify([leaf, early]).at(-1), "certificate-not-yet-valid");
  });

  it("13.11: where only a lower bound of the time is known, is judged at the first moment at which it can be valid", () => {
    const trusted = make({ subject: "root", issuer: "root", ca: true, to: "300101000000Z" });
    const judged = (leafFrom: string, leafTo: string, middleTo: string): string | undefined =>
      verify(
        [
          make({ subject: "leaf", issuer: "middle", host: "hub", from: leafFrom, to: leafTo }),
          make({ subject: "middle", issuer: "root", ca: true, to: middleTo }),
        ],
        new Anchors(trusted),
        true,
      ).at(-1);
    // Renewed since the bound, 2026-11-21.
    assert.equal(judged("270901000000Z", "271201000000Z", "290101000000Z"), "good");
    // Expired before it.
    assert.equal(judged("260101000000Z", "261120000000Z", "290101000000Z"), "certificate-expired");
    // Its issuer had expired before it was made: there is no moment at which both are valid.
    assert.equal(judged("270901000000Z", "271201000000Z", "270801000000Z"), "certificate-expired");
    const pinned = make({ subject: "leaf", issuer: "leaf", host: "hub", from: "270901000000Z", to: "271201000000Z" });
    assert.equal(verify([pinned], new Anchors(pinned), true).at(-1), "good");
    assert.equal(verify([pinned], new Anchors(pinned)).at(-1), "certificate-not-yet-valid");
  });

  it("has no issuer that is not a CA, and no signature is looked at before that is known", () => {
    const notCa = make({ subject: "middle", issuer: "root" });
    assert.deepEqual(verify([leaf, notCa]), ["issuer-not-ca"]);
  });

  it("has no CA whose extended key usage leaves servers out, the root's included", () => {
    const codeSigning = [0x2b, 6, 1, 5, 5, 7, 3, 3];
    const below = (purposes: number[][]): string[] =>
      verify([leaf, make({ subject: "middle", issuer: "root", ca: true, purposes })]);
    assert.deepEqual(below([clientAuth]), ["issuer-not-ca"]);
    assert.deepEqual(below([clientAuth, codeSigning]), ["issuer-not-ca"]);
    assert.deepEqual(below([]), ["issuer-not-ca"]);
    for (const purpose of [serverAuth, anyPurpose]) assert.equal(below([clientAuth, purpose]).at(-1), "good");
    const rootFor = (purpose: number[]): Anchors =>
      new Anchors(make({ subject: "root", issuer: "root", ca: true, purposes: [purpose] }));
    assert.deepEqual(verify([leaf, middle], rootFor(clientAuth)), ["issuer-not-ca"]);
    assert.equal(verify([leaf, middle], rootFor(serverAuth)).at(-1), "good");
  });

  it("has no CA for clients above one that says nothing of it", () => {
    const upper = make({ subject: "upper", issuer: "root", ca: true, purposes: [clientAuth] });
    const lower = make({ subject: "middle", issuer: "upper", ca: true });
    assert.deepEqual(verify([leaf, lower, upper]), ["issuer-not-ca"]);
  });

  it("is as long as its CAs allow, those not counted that certify a new key of their own", () => {
    const upper = make({ subject: "upper", issuer: "root", ca: true, pathLength: 1 });
    const again = make({ subject: "upper", issuer: "upper", ca: true, pathLength: 1, from: "250101000001Z" });
    const lower = make({ subject: "middle", issuer: "upper", ca: true, pathLength: 0 });
    assert.equal(verify([leaf, lower, again, upper]).at(-1), "good");
    const none = make({ subject: "upper", issuer: "root", ca: true, pathLength: 0 });
    assert.deepEqual(verify([leaf, lower, none]), ["issuer-not-ca"]);
  });

  it("has names compared with name constraints only when every signature is right", () => {
    const nameConstraints = constraints([dns("elsewhere")]);
    const limited = make({ subject: "middle", issuer: "root", ca: true, nameConstraints });
    assert.deepEqual(verify([leaf, limited]), [
      '"root" > "middle"',
      '"middle" > "leaf"',
      "certificate-name-not-permitted",
    ]);
    const forged = make({ subject: "middle", issuer: "root", ca: true, nameConstraints, signer: "mallory" });
    assert.equal(verify([leaf, forged]).at(-1), "bad-certificate-signature");
  });

  it("has no certificate with two extensions of a kind: which of them counts is not guessed", () => {
    const second = der(0x30, der(0x06, [0x55, 0x1d, 30]), der(0x04, constraints([dns("hub")])));
    const nameConstraints = constraints([dns("elsewhere")]);
    const twice = make({ subject: "middle", issuer: "root", ca: true, nameConstraints, more: [second] });
    assert.deepEqual(verify([leaf, twice]), ["certificate-malformed"]);
  });

  it("takes another way when the first leads to a CA that does not permit the name", () => {
    const limited = make({ subject: "middle", issuer: "root", ca: true, nameConstraints: constraints([dns("a")]) });
    assert.equal(verify([leaf, limited, middle]).at(-1), "good");
  });

  it("has no server's certificate with name constraints, unless it is a CA's too", () => {
    const nameConstraints = constraints([dns("hub")]);
    const odd = { subject: "leaf", issuer: "root", host: "hub", nameConstraints };
    assert.equal(verify([make(odd)]).at(-1), "certificate-unsupported");
    assert.equal(verify([make({ ...odd, ca: true })]).at(-1), "good");
  });

  it("that leads nowhere names what is missing", () => {
    assert.deepEqual(verify([leaf]), ["unknown-ca"]);
    assert.deepEqual(verify([make({ subject: "leaf", issuer: "leaf", host: "hub" })]), ["self-signed"]);
    const endless = [make({ subject: "a", issuer: "b", ca: true }), make({ subject: "b", issuer: "a", ca: true })];
    assert.deepEqual(verify([make({ subject: "leaf", issuer: "a", host: "hub" }), ...endless]), ["unknown-ca"]);
  });

  it("is not searched for ever in a maze", () => {
    const maze = Array.from({ length: 7 }, (_, i) =>
      make({ subject: "middle", issuer: "middle", ca: true, from: `25010100000${i}Z` }),
    );
    let asked = 0;
    const anchors = new Anchors();
    const issuersOf = (): Certificate[] => {
      asked++;
      return [];
    };
    assert.equal(verify([leaf, ...maze], { ...bound(anchors), issuersOf }).at(-1), "unknown-ca");
    assert.ok(asked <= maxPathSteps);
    const everywhere = {
      ...bound(anchors),
      issuersOf: () => [readCertificate(make({ subject: "root", issuer: "root", ca: true }))],
    };
    const signedByNobody = maze.map((_, i) =>
      make({ subject: "middle", issuer: "middle", ca: true, signer: "mallory", from: `25010100000${i}Z` }),
    );
    assert.ok(verify([leaf, ...signedByNobody], everywhere).length <= maxPathsChecked + 1);
  });

  it("of too many certificates is refused unread", () => {
    assert.deepEqual(verify(Array.from({ length: 9 }, () => leaf)), ["certificate-malformed"]);
    assert.deepEqual(verify([]), ["certificate-malformed"]);
  });
});

function bound(anchors: Anchors): TrustAnchors {
  return {
    issuersOf: (certificate) => anchors.issuersOf(certificate),
    includes: (certificate) => anchors.includes(certificate),
    hint: () => undefined,
  };
}
