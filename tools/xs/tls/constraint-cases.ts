/*
 * CAs that may not issue for servers, or not for every name: good and bad chains below them, each judged by
 * `openssl verify` as well.
 */

import type { Authority, Identity } from "./authority.js";
import type { Add } from "./case.js";
import { nodeServer } from "./servers.js";

const caExtensions = [
  "basicConstraints = critical, CA:TRUE",
  "subjectKeyIdentifier = hash",
  "authorityKeyIdentifier = keyid",
];
const usage = "issuer-not-ca";
const names = "certificate-name-not-permitted";

interface Wish {
  /** Lines of the CA's extension section. */
  ca: string[];
  expect: string;
  says?: string;
  /** subjectAltName of the server; default: localhost and its addresses. */
  server?: string;
  serverName?: string;
  /** The server's common name. */
  subject?: string;
  /** Whether an intermediate CA without constraints lies between the CA and the server. */
  between?: boolean;
  /** Whether the CA is the root itself. */
  root?: boolean;
  /** Why OpenSSL judges this chain differently. */
  unlikeOpenssl?: string;
}

const wishes: Record<string, Wish> = {
  "a CA for clients": { ca: ["extendedKeyUsage = clientAuth"], expect: usage, says: "extendedKeyUsage" },
  "a CA for clients, above another CA": { ca: ["extendedKeyUsage = clientAuth"], between: true, expect: usage },
  "a CA for code and mail": { ca: ["extendedKeyUsage = codeSigning, emailProtection"], expect: usage },
  "a root for clients": { ca: ["extendedKeyUsage = clientAuth"], root: true, expect: usage },
  "a CA for clients and servers": { ca: ["extendedKeyUsage = clientAuth, serverAuth"], expect: "ok" },
  "a CA for every purpose": {
    ca: ["extendedKeyUsage = anyExtendedKeyUsage"],
    expect: "ok",
    unlikeOpenssl: "it wants serverAuth by name; RFC 5280 §4.2.1.12 and Go do not",
  },

  "constraints that are critical and kept": {
    ca: [
      "nameConstraints = critical, permitted;DNS:localhost, permitted;IP:127.0.0.0/255.0.0.0, permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ],
    expect: "ok",
  },
  "constraints that are not critical and kept": { ca: ["nameConstraints = permitted;DNS:localhost"], expect: "ok" },
  "constraints that are critical and not kept": {
    ca: ["nameConstraints = critical, permitted;DNS:example"],
    expect: names,
    says: "localhost",
  },
  "constraints that are not critical and not kept": {
    ca: ["nameConstraints = permitted;DNS:example"],
    expect: names,
    says: "localhost",
  },
  "constraints not kept, above another CA": {
    ca: ["nameConstraints = permitted;DNS:example"],
    between: true,
    expect: names,
  },
  "constraints of the root not kept": { ca: ["nameConstraints = permitted;DNS:example"], root: true, expect: names },
  "a name that is excluded": { ca: ["nameConstraints = excluded;DNS:localhost"], expect: names },
  "a name that is excluded, beside the one that is used": {
    ca: ["nameConstraints = excluded;DNS:other.example"],
    server: "DNS:localhost, DNS:a.OTHER.example",
    expect: names,
  },
  "a name permitted in other letters": {
    ca: ["nameConstraints = permitted;DNS:Hub.Example"],
    server: "DNS:a.hub.EXAMPLE",
    serverName: "a.hub.example",
    expect: "ok",
  },
  "a name with the permitted one at its end and no dot between": {
    ca: ["nameConstraints = permitted;DNS:hub.example"],
    server: "DNS:myhub.example",
    serverName: "myhub.example",
    expect: names,
  },
  "a leading dot, and a name below": {
    ca: ["nameConstraints = permitted;DNS:.hub.example"],
    server: "DNS:a.hub.example",
    serverName: "a.hub.example",
    expect: "ok",
  },
  "a leading dot, and the name itself": {
    ca: ["nameConstraints = permitted;DNS:.hub.example"],
    server: "DNS:hub.example",
    serverName: "hub.example",
    expect: names,
  },
  "a wildcard that is permitted": {
    ca: ["nameConstraints = permitted;DNS:hub.example"],
    server: "DNS:*.hub.example",
    serverName: "a.hub.example",
    expect: "ok",
  },
  "a wildcard that reaches an excluded name": {
    ca: ["nameConstraints = excluded;DNS:secret.hub.example"],
    server: "DNS:*.hub.example",
    serverName: "secret.hub.example",
    expect: names,
    unlikeOpenssl: "3.0 compares the star as a label (CVE-2025-61727 is Go's of the kind)",
  },
  "an address outside of the permitted ones": {
    ca: ["nameConstraints = permitted;IP:10.0.0.0/255.0.0.0"],
    serverName: "127.0.0.1",
    expect: names,
    says: "127.0.0.1",
  },
  "an IPv6 address that is excluded": {
    ca: ["nameConstraints = excluded;IP:::/ffff::"],
    expect: names,
    says: "0:0:0:0:0:0:0:1",
  },
  "an excluded directory name, in other letters and spaces": {
    ca: ["nameConstraints = excluded;dirName:dn", "[dn]", "CN = The  SERVER of somebody"],
    subject: "the server of  Somebody",
    expect: names,
  },
  "a permitted directory name": {
    ca: ["nameConstraints = permitted;dirName:dn", "[dn]", "CN = the server"],
    subject: "The Server",
    expect: "ok",
  },
  "another directory name than is permitted": {
    ca: ["nameConstraints = permitted;dirName:dn", "[dn]", "CN = another server"],
    expect: names,
  },
  "a mail address where some are permitted": {
    ca: ["nameConstraints = permitted;email:example"],
    server: "DNS:localhost, email:a@example",
    expect: names,
    unlikeOpenssl: "it compares mail addresses; here a form that is constrained and not compared is refused",
  },
  "mail addresses constrained, and none there": { ca: ["nameConstraints = permitted;email:example"], expect: "ok" },
};

/** Checks that `openssl verify` judges the chain as we do: everything else in the chain is good. */
function judgeByOpenssl(authority: Authority, leaf: Identity, root: Identity, wish: Wish, name: string): void {
  let good = true;
  try {
    const chain = ["-untrusted", authority.write(`${leaf.name}.chain`, leaf.chain)];
    authority.openssl("verify", "-purpose", "sslserver", "-CAfile", root.certificate, ...chain, leaf.certificate);
  } catch {
    good = false;
  }
  if ((good === (wish.expect === "ok")) === (wish.unlikeOpenssl !== undefined))
    throw new Error(`openssl verify thinks otherwise of ${name}`);
}

/** @param root of P-256 */
export async function addConstraintCases(authority: Authority, root: Identity, add: Add): Promise<void> {
  let count = 0;
  for (const [name, wish] of Object.entries(wishes)) {
    const id = ++count;
    const extensions = [...caExtensions, ...wish.ca];
    const top = wish.root
      ? authority.issue({ name: `root-limited-${id}`, kind: "p256", extensions })
      : authority.issue({ name: `limited-${id}`, kind: "p256", issuer: root, extensions });
    const issuer = wish.between ? authority.intermediate(`between-${id}`, "p256", top) : top;
    const leaf = authority.server(
      `server-limited-${id}`,
      "p256",
      issuer,
      {
        ...(wish.subject ? { subject: wish.subject } : undefined),
      },
      wish.server ?? "DNS:localhost, IP:127.0.0.1, IP:::1",
    );
    const anchor = wish.root ? top : root;
    judgeByOpenssl(authority, leaf, anchor, wish, name);
    add(`limits: ${name}`, await nodeServer(leaf), wish.expect, {
      roots: [anchor.der],
      ...(wish.says ? { says: wish.says } : undefined),
      ...(wish.serverName ? { serverName: wish.serverName } : undefined),
    });
  }
}
