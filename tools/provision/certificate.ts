/*
 * A device's key and certificate, as NervesHub wants them: the identifier as common name, and the Authority Key
 * Identifier equal to the CA's Subject Key Identifier, by which the server finds the CA.
 */

import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate as NodeCertificate,
  randomBytes,
  webcrypto,
} from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

export interface Authority {
  certificatePem: string;
  keyPem: string;
  /** Of the key, when it has one. */
  passphrase: string | undefined;
}

export interface DeviceCertificate {
  /** PKCS#8 */
  keyPem: string;
  key: Uint8Array;
  certificatePem: string;
  certificate: Uint8Array;
  notAfter: Date;
}

const dayMs = 86_400_000;
/** Before now, for a server whose clock is a little behind. */
const earlierMs = 3_600_000;

function readKey({ keyPem, passphrase }: Authority): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? keyPem : { key: keyPem, passphrase });
  } catch {
    const hint = keyPem.includes("ENCRYPTED")
      ? "its pass phrase goes into NERVESHUB_CA_PASSPHRASE"
      : "it has to be PEM";
    throw new Error(`The CA's key cannot be read: ${hint}.`);
  }
}

/** The CA's certificate and its key identifier, when both belong together and may sign. */
function readAuthority(authority: Authority, key: KeyObject): { ca: x509.X509Certificate; identifier: string } {
  let parsed: NodeCertificate;
  try {
    parsed = new NodeCertificate(authority.certificatePem);
  } catch {
    throw new Error("The CA's certificate cannot be read: it has to be PEM.");
  }
  if (!parsed.checkPrivateKey(key)) throw new Error("The CA's key does not belong to its certificate.");
  if (!parsed.ca) throw new Error("The certificate given as CA is none (basicConstraints lacks CA:TRUE).");
  if (Date.parse(parsed.validTo) < Date.now()) throw new Error(`The CA's certificate expired on ${parsed.validTo}.`);
  const ca = new x509.X509Certificate(parsed.raw);
  const identifier = ca.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  if (identifier === undefined) {
    throw new Error(
      "The CA's certificate has no Subject Key Identifier, by which NervesHub would find it: make a new CA.",
    );
  }
  return { ca, identifier };
}

/** WebCrypto's names for how this key signs. */
function signingAlgorithm({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): EcKeyImportParams & EcdsaParams {
  const hash = "SHA-256";
  if (asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash } as EcKeyImportParams & EcdsaParams;
  const curves = new Map([
    ["prime256v1", "P-256"],
    ["secp384r1", "P-384"],
  ]);
  const namedCurve = curves.get(asymmetricKeyDetails?.namedCurve ?? "");
  if (asymmetricKeyType !== "ec" || namedCurve === undefined) throw new Error("The CA's key is neither RSA nor EC.");
  return { name: "ECDSA", namedCurve, hash };
}

type EcKeyImportParams = webcrypto.EcKeyImportParams;
type EcdsaParams = webcrypto.EcdsaParams;

export async function makeCertificate(
  identifier: string,
  authority: Authority,
  { rsa, days }: { rsa: boolean; days: number },
): Promise<DeviceCertificate> {
  const { subtle } = webcrypto;
  const caKey = readKey(authority);
  const { ca, identifier: caIdentifier } = readAuthority(authority, caKey);
  const algorithm = signingAlgorithm(caKey);
  const pair = rsa
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicDer = pair.publicKey.export({ type: "spki", format: "der" });
  const publicAlgorithm = rsa ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } : { name: "ECDSA", namedCurve: "P-256" };
  const publicKey = await subtle.importKey("spki", publicDer, publicAlgorithm, true, ["verify"]);
  const caDer = caKey.export({ type: "pkcs8", format: "der" });
  const notAfter = new Date(Math.min(Date.now() + days * dayMs, ca.notAfter.getTime()));
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: `00${randomBytes(16).toString("hex")}`,
    subject: [{ CN: [identifier] }],
    issuer: ca.subjectName,
    notBefore: new Date(Date.now() - earlierMs),
    notAfter,
    publicKey,
    signingKey: await subtle.importKey("pkcs8", caDer, algorithm, false, ["sign"]),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      new x509.AuthorityKeyIdentifierExtension(caIdentifier),
    ],
  });
  return {
    keyPem: String(pair.privateKey.export({ type: "pkcs8", format: "pem" })),
    key: new Uint8Array(pair.privateKey.export({ type: "pkcs8", format: "der" })),
    certificatePem: `${made.toString("pem")}\n`,
    certificate: new Uint8Array(made.rawData),
    notAfter,
  };
}
