/*
 * Certificates for TLS suites, made by the openssl command, which is also the judge of them: nothing of the product's
 * own code takes part. Needs Node and openssl.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Identity {
  certificatePem: string;
  keyPem: string;
  certificate: Uint8Array;
  /** PKCS#8 DER. */
  key: Uint8Array;
}

/** How a certificate is made; by default good for localhost and 127.0.0.1, for ten days from yesterday. */
export interface Wish {
  commonName?: string;
  /** subjectAltName entries as openssl writes them. */
  names?: string;
  /** Days from today, negative for the past. */
  from?: number;
  to?: number;
  algorithm?: "P-256" | "P-384" | "RSA";
  isAuthority?: boolean;
  /** More lines of the openssl extension section. */
  extensions?: string;
  /** Default: itself. */
  issuer?: Identity;
}

export class Workshop {
  readonly #folder = mkdtempSync(join(tmpdir(), "certificates-"));
  #count = 0;

  make(wish: Wish = {}): Identity {
    const path = (name: string): string => join(this.#folder, `${this.#count}-${name}`);
    this.#count++;
    const key = path("key.pem");
    const algorithm =
      wish.algorithm === "RSA"
        ? ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        : ["EC", "-pkeyopt", `ec_paramgen_curve:${wish.algorithm ?? "P-256"}`];
    openssl("genpkey", "-algorithm", ...algorithm, "-out", key);

    const extensions = path("extensions");
    const rest = wish.isAuthority
      ? "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
      : `basicConstraints=CA:FALSE\nsubjectAltName=${wish.names ?? "DNS:localhost,IP:127.0.0.1"}\n`;
    writeFileSync(
      extensions,
      `subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n${rest}${wish.extensions ?? ""}\n`,
    );
    const request = path("request.pem");
    openssl("req", "-new", "-key", key, "-subj", `/CN=${wish.commonName ?? "localhost"}`, "-out", request);
    const certificate = path("certificate.pem");
    const signer: string[] = [];
    if (wish.issuer) {
      writeFileSync(path("ca.pem"), wish.issuer.certificatePem);
      writeFileSync(path("ca.key"), wish.issuer.keyPem);
      signer.push("-cert", path("ca.pem"), "-keyfile", path("ca.key"));
    } else {
      signer.push("-selfsign", "-keyfile", key);
    }
    // `openssl ca`, since `openssl x509` of version 3.0 has no option for the first day.
    const database = path("database");
    writeFileSync(database, "");
    const config = path("config");
    writeFileSync(
      config,
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}\nnew_certs_dir=${this.#folder}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`,
    );
    openssl(
      ...["ca", "-batch", "-notext", "-config", config, "-in", request, "-out", certificate, "-extfile", extensions],
      ...["-startdate", day(wish.from ?? -1), "-enddate", day(wish.to ?? 10), ...signer],
    );
    return {
      certificatePem: readFileSync(certificate, "utf8"),
      keyPem: readFileSync(key, "utf8"),
      certificate: der("x509", "-in", certificate, "-outform", "DER"),
      key: der("pkcs8", "-topk8", "-nocrypt", "-in", key, "-outform", "DER"),
    };
  }

  /** A file with `text` for a command line, gone with the workshop. */
  file(text: string): string {
    const path = join(this.#folder, `${this.#count++}-file`);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function openssl(...words: string[]): void {
  execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
}

function der(...words: string[]): Uint8Array {
  return new Uint8Array(execFileSync("openssl", words, { stdio: ["ignore", "pipe", "pipe"] }));
}

/** YYYYMMDDHHMMSSZ. */
function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, "");
}
