/*
 * Name constraints (RFC 5280 §4.2.1.10): which names the certificates below a CA may have.
 *
 * DNS names, IP addresses and distinguished names are compared; a name of any other form that a CA constrains is refused,
 * as the RFC allows. Whether the extension is marked critical makes no difference. The rule it guards: a name that cannot
 * be read or compared is not permitted.
 */

import { Fault } from "../fault/fault.js";
import { sameBytes } from "../text/same-bytes.js";
import { decodeUtf8 } from "../text/utf8.js";
import { type Certificate, nameForPeople, shownName } from "./certificate.js";
import { certificateUnsupported, nameNotPermitted } from "./certificate-fault.js";
import { DerReader } from "./der.js";
import { hasEmailAddress, isBelow } from "./distinguished-name.js";
import { addressText } from "./server-name.js";

/** Subtrees in the name constraints of one CA: constrained CAs of companies have some tens. Each is 64 bytes of RAM or so. */
export const maxNameSubtrees = 256;
/**
 * Names of a chain times the subtrees of the CAs above them, for instance 100 names below a CA with 40 subtrees. That many
 * comparisons cost 25 ms on XS on a desk computer, as much as ten P-256 signatures; without a bound a message of 32 kB
 * could ask for millions.
 */
export const maxNameComparisons = 4096;

/** Tags of a GeneralName (§4.2.1.6). */
const rfc822Name = 0x81;
const dnsName = 0x82;
const directoryName = 0xa4;
const ipAddress = 0x87;

const dot = 0x2e;
const star = 0x2a;
const maxLabelBytes = 63;

interface Subtree {
  readonly excluded: boolean;
  /** Tag of the GeneralName. */
  readonly form: number;
  /** Contents of the GeneralName. */
  readonly base: Uint8Array;
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** Whether `byte` is a letter, a digit, "-" or "_". */
const isLabelByte = (byte: number): boolean => {
  const letter = lower(byte);
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x5f;
};

/** Whether `name` is labels with a dot between each two of them. */
const isDnsName = (name: Uint8Array): boolean => {
  let label = 0;
  for (let at = 0; at <= name.byteLength; at++) {
    if (at === name.byteLength || name[at] === dot) {
      if (label === 0 || label > maxLabelBytes) return false;
      label = 0;
    } else {
      if (!isLabelByte(name[at])) return false;
      label++;
    }
  }
  return true;
};

const isWildcard = (name: Uint8Array): boolean => name[0] === star && name[1] === dot;

const endsWith = (name: Uint8Array, end: Uint8Array): boolean => {
  const from = name.byteLength - end.byteLength;
  for (let at = end.byteLength - 1; at >= 0; at--) if (lower(name[from + at]) !== lower(end[at])) return false;
  return from >= 0;
};

/** Whether `name` lies below `base`. A `base` that begins with a dot, which only OpenSSL and Go know, needs one more label. */
const isDnsBelow = (name: Uint8Array, base: Uint8Array): boolean => {
  if (!endsWith(name, base)) return false;
  const more = name.byteLength - base.byteLength;
  return base.byteLength === 0 || (base[0] === dot ? more > 0 : more === 0 || name[more - 1] === dot);
};

/** Whether the wildcard `name` matches `base` although it does not lie below it (CVE-2025-61727). */
const reachesInto = (name: Uint8Array, base: Uint8Array): boolean => {
  const end = base.indexOf(dot);
  const rest = name.subarray(2);
  return end > 0 && base.byteLength - end - 1 === rest.byteLength && endsWith(base, rest);
};

/** @param base address and mask, one behind the other */
const isAddressBelow = (address: Uint8Array, base: Uint8Array): boolean => {
  const size = address.byteLength;
  if (base.byteLength !== 2 * size) return false;
  for (let i = 0; i < size; i++) if (((address[i] ^ base[i]) & base[size + i]) !== 0) return false;
  return true;
};

/** Whether `mask` is ones, then zeros (RFC 4632). */
const isMask = (mask: Uint8Array): boolean => {
  let ended = false;
  for (const byte of mask) {
    const zeros = ~byte & 0xff;
    if ((ended && byte !== 0) || (zeros & (zeros + 1)) !== 0) return false;
    ended ||= zeros !== 0;
  }
  return true;
};

/** Whether a name of this form can be compared, and is well-formed. */
const isComparable = (form: number, name: Uint8Array): boolean => {
  switch (form) {
    case dnsName:
      return isDnsName(isWildcard(name) ? name.subarray(2) : name);
    case ipAddress:
      return name.byteLength === 4 || name.byteLength === 16;
    default:
      return form === directoryName;
  }
};

const isWithin = ({ form, base, excluded }: Subtree, name: Uint8Array): boolean => {
  switch (form) {
    case dnsName:
      return isDnsBelow(name, base) || (excluded && isWildcard(name) && reachesInto(name, base));
    case ipAddress:
      return isAddressBelow(name, base);
    default:
      return isBelow(name, base);
  }
};

/** Whether `name` is in an excluded subtree, or in none of the subtrees that are permitted for its form. */
const violates = (subtrees: readonly Subtree[], form: number, name: Uint8Array): boolean => {
  let limited = false;
  let permitted = false;
  for (const subtree of subtrees) {
    if (subtree.form !== form) continue;
    if (!isComparable(form, name)) return true;
    const within = isWithin(subtree, name);
    if (subtree.excluded) {
      if (within) return true;
    } else {
      limited = true;
      permitted ||= within;
    }
  }
  return limited && !permitted;
};

/** @throws Error unless the base of a subtree is well-formed */
const checkBase = ({ form, base }: Subtree): void => {
  switch (form) {
    case dnsName:
      if (base.byteLength > 0 && !isDnsName(base[0] === dot ? base.subarray(1) : base))
        throw new Error("a DNS name that is none");
      return;
    case ipAddress: {
      const size = base.byteLength / 2;
      if ((size !== 4 && size !== 16) || !isMask(base.subarray(size))) throw new Error("an address range that is none");
      return;
    }
    case directoryName:
      isBelow(base, base);
      return;
  }
};

/** Appends the GeneralSubtrees to `into`: at least one, each with a `minimum` of 0 and without a `maximum`. */
const readSubtrees = (bytes: Uint8Array | undefined, excluded: boolean, into: Subtree[]): void => {
  if (bytes === undefined) return;
  const subtrees = new DerReader(bytes);
  if (subtrees.done) throw new Error("an empty list");
  while (!subtrees.done) {
    if (into.length === maxNameSubtrees) throw new Error(`more than ${maxNameSubtrees} of them`);
    const reader = subtrees.enter();
    const form = reader.next;
    const subtree = { excluded, form, base: reader.read(form) };
    const minimum = reader.optional(0x80);
    if (!reader.done || minimum?.some((byte) => byte !== 0)) throw new Error("a subtree with bounds");
    checkBase(subtree);
    into.push(subtree);
  }
};

/** @throws Fault of stage "tls": "certificate-unsupported" for every deviation from the RFC, also where other implementations ignore it */
const readConstraints = ({ subject, nameConstraints }: Certificate): Subtree[] => {
  try {
    const file = new DerReader(nameConstraints!);
    const body = file.enter();
    file.end();
    const found: Subtree[] = [];
    readSubtrees(body.optional(0xa0), false, found);
    readSubtrees(body.optional(0xa1), true, found);
    body.end();
    if (found.length === 0) throw new Error("there are none");
    return found;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw certificateUnsupported(nameForPeople(subject), `its name constraints cannot be read (${detail})`);
  }
};

/** Calls `body` with every name of a certificate: its subject, and the names of its subjectAltName. */
const eachName = ({ subject, alternativeNames }: Certificate, body: (form: number, name: Uint8Array) => void): void => {
  if (!new DerReader(subject).enter().done) body(directoryName, subject);
  if (alternativeNames === undefined) {
    // A mail address in the subject counts where there is no subjectAltName.
    if (hasEmailAddress(subject)) body(rfc822Name, subject);
    return;
  }
  const names = new DerReader(alternativeNames);
  while (!names.done) {
    const form = names.next;
    body(form, names.read(form));
  }
};

const textOf = (form: number, name: Uint8Array): string => {
  switch (form) {
    case dnsName:
      return shownName(decodeUtf8(name));
    case ipAddress:
      return addressText(name);
    case directoryName:
      return nameForPeople(name);
    default:
      return "a name of a form that cannot be compared";
  }
};

/**
 * @param path the server's certificate first, the trust anchor last. The anchor's own constraints count, as in OpenSSL and
 *   Go
 * @throws Fault of stage "tls" when a certificate has a name that a certificate above it does not permit
 */
export const checkNameConstraints = (path: readonly Certificate[]): void => {
  let comparisons = 0;
  for (let above = path.length - 1; above > 0; above--) {
    const issuer = path[above];
    if (issuer.nameConstraints === undefined) continue;
    const subtrees = readConstraints(issuer);
    for (let below = above - 1; below >= 0; below--) {
      const certificate = path[below];
      const { subject } = certificate;
      // §6.1.3: self-issued CA certificates are not constrained; a CA certifies a new key of its own with them.
      if (below > 0 && sameBytes(subject, certificate.issuer)) continue;
      try {
        eachName(certificate, (form, name) => {
          comparisons += subtrees.length;
          if (comparisons > maxNameComparisons) throw new Error("there are too many names to compare");
          if (violates(subtrees, form, name))
            throw nameNotPermitted(nameForPeople(subject), textOf(form, name), nameForPeople(issuer.subject));
        });
      } catch (error) {
        if (error instanceof Fault) throw error;
        const detail = error instanceof Error ? error.message : String(error);
        throw certificateUnsupported(nameForPeople(subject), `its names cannot be judged (${detail})`);
      }
    }
  }
};
