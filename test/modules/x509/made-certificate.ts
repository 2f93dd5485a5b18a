/*
 * Certificates made up for suites: well-formed, with a "signature" that is the signer's name. Portable.
 */

import { encodeUtf8 } from "../../../modules/text/utf8.js";
import { type Certificate, readCertificate, sameBytes } from "../../../modules/x509/certificate.js";
import { mayHaveIssued, type TrustAnchors } from "../../../modules/x509/path.js";

function der(tag: number, ...parts: (Uint8Array | number[])[]): Uint8Array {
  const contents = parts.flatMap((part) => [...part]);
  const length = contents.length < 128 ? [contents.length] : [0x82, contents.length >> 8, contents.length & 0xff];
  return Uint8Array.of(tag, ...length, ...contents);
}

const name = (text: string): Uint8Array =>
  der(0x30, der(0x31, der(0x30, der(0x06, [0x55, 4, 3]), der(0x0c, encodeUtf8(text)))));
const time = (text: string): Uint8Array => der(0x17, encodeUtf8(text));
const algorithm = der(0x30, der(0x06, [0x2a, 1]));
const extension = (id: number, value: Uint8Array): Uint8Array =>
  der(0x30, der(0x06, [0x55, 0x1d, id]), der(0x04, value));

interface Made {
  subject: string;
  issuer: string;
  ca?: boolean;
  /** Who really signed it; default: the issuer. */
  signer?: string;
  from?: string;
  to?: string;
  host?: string;
}

/** A certificate whose "signature" is the signer's name. */
export function make({
  subject,
  issuer,
  ca = false,
  signer = issuer,
  from = "250101000000Z",
  to = "270101000000Z",
  host,
}: Made) {
  const extensions = [
    ...(ca ? [extension(19, der(0x30, der(0x01, [0xff])))] : []),
    ...(host ? [extension(17, der(0x30, der(0x82, encodeUtf8(host))))] : []),
  ];
  const signed = der(
    0x30,
    der(0xa0, der(0x02, [2])),
    der(0x02, [1]),
    algorithm,
    name(issuer),
    der(0x30, time(from), time(to)),
    name(subject),
    der(0x30, algorithm),
    der(0xa3, der(0x30, ...extensions)),
  );
  return der(0x30, signed, algorithm, der(0x03, [0], encodeUtf8(signer)));
}

export class Anchors implements TrustAnchors {
  readonly #roots: Certificate[];

  constructor(...roots: Uint8Array[]) {
    this.#roots = roots.map(readCertificate);
  }

  issuersOf(certificate: Certificate): Certificate[] {
    return this.#roots.filter((root) => mayHaveIssued(root, certificate));
  }

  includes(certificate: Certificate): boolean {
    return this.#roots.some((root) => sameBytes(root.der, certificate.der));
  }

  hint(): undefined {
    return undefined;
  }
}
