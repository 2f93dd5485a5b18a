/*
 * Certificates for the TLS suite, made by the openssl command at test time: a CA of each kind, and every good and bad
 * server and device certificate that a case needs.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type KeyKind = "rsa" | "p256" | "p384" | "p521";

const curves = { p256: "P-256", p384: "P-384", p521: "P-521" };

/** A certificate with its key, and the certificates from it up to (not including) the root. */
export interface Identity {
  readonly name: string;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** PEM text: this certificate and those above it, without the root. */
  readonly chain: string;
  /** DER file of the certificate. */
  readonly der: string;
}

export interface Request {
  name: string;
  /** Common name, when it is not the name. */
  subject?: string;
  kind: KeyKind;
  /** undefined: self-signed */
  issuer?: Identity;
  /** Lines of an openssl extension section. */
  extensions?: string[];
  from?: string;
  to?: string;
  hash?: string;
  /** In the chain that a server sends, leave out what is above. */
  alone?: boolean;
  rsaBits?: number;
}

const config = `
[ca]
default_ca = any
[any]
database = index.txt
new_certs_dir = .
rand_serial = yes
policy = policy
unique_subject = no
default_md = sha256
[policy]
commonName = supplied
`;

const caExtensions = [
  "basicConstraints = critical, CA:TRUE",
  "keyUsage = critical, keyCertSign, cRLSign",
  "subjectKeyIdentifier = hash",
];

export const serverExtensions = (names: string): string[] => [
  "basicConstraints = critical, CA:FALSE",
  "keyUsage = critical, digitalSignature, keyEncipherment",
  "extendedKeyUsage = serverAuth",
  `subjectAltName = ${names}`,
  "subjectKeyIdentifier = hash",
  "authorityKeyIdentifier = keyid",
];

const localNames = "DNS:localhost, IP:127.0.0.1";

/** The fields of a case for the device's own certificate. */
export const files = ({ der }: Identity): { certificate: string[]; key: string } => ({
  certificate: [der],
  key: der.replace(/der$/, "pkcs8"),
});

export class Authority {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "ca.cnf"), config);
    writeFileSync(join(folder, "index.txt"), "");
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  openssl(...parameters: string[]): Buffer {
    return execFileSync("openssl", parameters, { cwd: this.#folder, stdio: ["ignore", "pipe", "pipe"] });
  }

  /** Writes a file. @returns its path */
  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** As OpenSSL writes it: "AB:CD:…". */
  keyIdentifier({ certificate }: Identity): string {
    const text = this.openssl("x509", "-in", certificate, "-noout", "-ext", "subjectKeyIdentifier").toString();
    return text.split("\n")[1].trim();
  }

  root(name: string, kind: KeyKind, hash = "sha256"): Identity {
    return this.issue({ name, kind, hash, extensions: caExtensions });
  }

  intermediate(name: string, kind: KeyKind, issuer: Identity, more: Partial<Request> = {}): Identity {
    const extensions = [...caExtensions, "authorityKeyIdentifier = keyid"];
    return this.issue({ name, kind, issuer, extensions, ...more });
  }

  server(name: string, kind: KeyKind, issuer: Identity, more: Partial<Request> = {}, names = localNames): Identity {
    return this.issue({ name, kind, issuer, extensions: serverExtensions(names), ...more });
  }

  device(name: string, kind: KeyKind, issuer: Identity): Identity {
    const extensions = ["extendedKeyUsage = clientAuth", "authorityKeyIdentifier = keyid"];
    return this.issue({ name, kind, issuer, extensions });
  }

  issue(request: Request): Identity {
    const { name, kind, issuer, extensions = [], from = "20250101000000Z", to = "20450101000000Z" } = request;
    const key = `${name}.key`;
    const algorithm =
      kind === "rsa"
        ? ["-algorithm", "RSA", "-pkeyopt", `rsa_keygen_bits:${request.rsaBits ?? 2048}`]
        : ["-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${curves[kind]}`];
    this.openssl("genpkey", ...algorithm, "-out", key);
    this.openssl("req", "-new", "-key", key, "-subj", `/CN=${request.subject ?? name}`, "-out", `${name}.csr`);
    writeFileSync(this.path(`${name}.ext`), `[x]\n${extensions.join("\n")}\n`);
    const signer = issuer ? ["-cert", issuer.certificate, "-keyfile", issuer.key] : ["-selfsign", "-keyfile", key];
    this.openssl(
      "ca",
      "-batch",
      "-notext",
      "-config",
      "ca.cnf",
      "-md",
      request.hash ?? "sha256",
      ...signer,
      "-startdate",
      from,
      "-enddate",
      to,
      "-extfile",
      `${name}.ext`,
      "-extensions",
      "x",
      "-in",
      `${name}.csr`,
      "-out",
      `${name}.pem`,
    );
    this.openssl("x509", "-in", `${name}.pem`, "-outform", "DER", "-out", `${name}.der`);
    this.openssl("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER", "-out", `${name}.pkcs8`);
    const own = readFileSync(this.path(`${name}.pem`), "utf8");
    const above = issuer && !request.alone && !isRoot(issuer) ? issuer.chain : "";
    return {
      name,
      certificate: this.path(`${name}.pem`),
      key: this.path(key),
      chain: own + above,
      der: this.path(`${name}.der`),
    };
  }
}

function isRoot(identity: Identity): boolean {
  return identity.name.startsWith("root");
}
