/*
 * x509-limbo (github.com/C2SP/x509-limbo): certificate paths with the verdict that RFC 5280 and the CA/Browser Forum
 * would give. Where ours is another, it is here with its reason.
 *
 * Not run: the cases about revocation lists, which the agent does not look at.
 */

/** One case, as tools/xs/tls/vectors.ts reads it. */
export interface LimboCase {
  id: string;
  /** DER in hexadecimal. */
  roots: string[];
  /** The server's certificate first. */
  chain: string[];
  serverName: string;
  nowMs: number;
  good: boolean;
}

const notChecked = "of no use to an attacker, and public CAs' business: taken";
const commonName = "a common name is never looked at, so what stands there does not matter";
const oldDate = "the case's date is before this software existed: the clock counts as wrong";
const keyUsage = "the certificate may not sign, and every key exchange here is signed: refused";

/** Cases (or their beginnings, up to a "*") whose verdict is not the expected one, and why. */
const deviations: readonly (readonly [id: string, reason: string])[] = [
  [
    "rfc5280::nc::permitted-dns-match-noncritical",
    "critical or not, constraints are applied; webpki::nc has it as good",
  ],
  [
    "rfc5280::nc::invalid-dnsname-leading-period",
    "a leading dot is read as OpenSSL, Go and webpki read it: one label more",
  ],
  ["rfc5280::nc::permitted-dn-match", "the certificate has no DNS name, and the agent always wants the server's"],
  ["webpki::eku::*", "rules for public CAs; RFC 5280 allows any purpose, none at all, and a root that names its own"],
  ["cve::cve-2024-0567", "ten certificates: more than maxCertificateChain"],
  ["pathlen::validation-ignores-pathlen-in-leaf", keyUsage],
  ["rfc5280::ca-as-leaf", keyUsage],
  ["pathlen::max-chain-depth-*", "wants a depth that the verifier is told; ours is maxCertificateChain"],
  ["rfc5280::aki::*", notChecked],
  ["rfc5280::ski::*", notChecked],
  ["rfc5280::serial::*", notChecked],
  ["rfc5280::pc::ica-noncritical-pc", "policies are not looked at; critical policy constraints are refused"],
  ["rfc5280::san::noncritical-with-empty-subject", notChecked],
  ["rfc5280::san::underscore-dns", "names with underscores exist, and are compared like others"],
  [
    "rfc5280::ca-empty-subject",
    "issuers are found by equal names, and two empty ones are equal: it is signed by the root",
  ],
  ["rfc5280::root-non-critical-basic-constraints", notChecked],
  ["rfc5280::leaf-ku-keycertsign", "a server's certificate that is no CA's issues nothing, whatever its keyUsage says"],
  ["rfc5280::validity::*", oldDate],
  ["webpki::aki::*", notChecked],
  ["webpki::cn::*", commonName],
  ["webpki::san::public-suffix-*", "no list of public suffixes: only a star below a whole top-level domain is refused"],
  ["webpki::san::san-critical-with-nonempty-subject", notChecked],
  ["webpki::malformed-aia", "where an issuer could be fetched is not looked at"],
  ["webpki::forbidden-rsa-*", "RSA keys of any size from 2048 to 4096 bits"],
  ["webpki::ee-basicconstraints-ca", "a CA's certificate may be a server's too, as RFC 5280 has it (ca-as-leaf)"],
  ["webpki::cryptographydotio-chain", oldDate],
  ["online::aws.amazon.com", oldDate],
  ["online::facebook.com", oldDate],
  ["online::s3.amazonaws.com", oldDate],
  ["online::akamai.com", oldDate],
];

function isListed(id: string, [pattern]: readonly [string, string]): boolean {
  return pattern.endsWith("*") ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}

/**
 * @param judge "ok", or why the path is refused
 * @returns a line for every verdict that is neither expected nor listed, and for every line of the list that no case has
 */
export function unexpected(cases: readonly LimboCase[], judge: (one: LimboCase) => string): string[] {
  const found: string[] = [];
  const used = new Set<string>();
  for (const one of cases) {
    if (one.id.startsWith("crl::")) continue;
    const said = judge(one);
    if ((said === "ok") === one.good) continue;
    const deviation = deviations.find((each) => isListed(one.id, each));
    if (deviation) used.add(deviation[0]);
    else found.push(`${one.id}: ${said}`);
  }
  for (const [id] of deviations) if (!used.has(id)) found.push(`${id}: no deviation any more`);
  return found;
}
