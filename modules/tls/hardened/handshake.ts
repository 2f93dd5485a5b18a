/*
 * Replaces the SDK's `ssl/handshake`, on the client's side:
 *
 * - every message must be the one that TLS allows next (RFC 5246 §7.3); the SDK accepts any message, in any order;
 * - the key exchange is accepted only with a signature by the key of the verified certificate; the SDK skips the check
 *   when it does not know the algorithm, so anybody in between could leave the signature out;
 * - the device can sign with an EC key, not only with an RSA key;
 * - the CA list of a CertificateRequest (12 to 15 kB from NervesHub) is ignored; the SDK copies it name by name.
 *
 * An error that has to reach an operator has a `kind`, which explanation.ts turns into a Fault.
 */

/// <reference path="../../../types/tls.d.ts" />

import Curve from "curve";
import ECDSA from "ecdsa";
import { deterministicNonce } from "nerveshub/modules/tls/hardened/nonce";
import { requireShape } from "nerveshub/modules/tls/hardened/shape";
import { type HashName, type PublicKey, verifySignature } from "nerveshub/modules/tls/hardened/signature";
import sdk from "sdk/ssl/handshake";
import type { Session } from "ssl/session";
import SSLStream from "ssl/stream";

requireShape("ssl/handshake", sdk, [
  "unpacketize",
  "packetize",
  "serverHello.unpacketize",
  "certificate.unpacketize",
  "serverKeyExchange.unpacketize",
  "certificateRequest.unpacketize",
  "serverHelloDone.unpacketize",
  "clientKeyExchange.packetize",
  "certificateVerify.packetize",
  "certificateVerify.calculateDigest",
  "finished.unpacketize",
]);

type HandshakeErrorKind = "order" | "version" | "suite" | "key-exchange" | "finished";

/** An error whose `kind` tells a program the reason. */
class HandshakeError extends Error {
  readonly kind: HandshakeErrorKind;

  constructor(kind: HandshakeErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const serverHello = 2;
const certificate = 11;
const serverKeyExchange = 12;
const certificateRequest = 13;
const serverHelloDone = 14;
const certificateVerify = 15;
const finished = 20;

const tls12 = 0x303;
const namedCurve = 3;
/** The values of NamedCurve (RFC 8422 §5.1.1) whose curves the SDK has. */
const secp256r1 = 23;
const secp384r1 = 24;
const uncompressed = 4;
const sha256 = 4;
/** Hash names by HashAlgorithm (RFC 5246 §7.4.1.4.1), without the weak ones. */
const hashes: readonly (HashName | undefined)[] = Object.freeze([
  undefined,
  undefined,
  undefined,
  undefined,
  "SHA256",
  "SHA384",
  "SHA512",
]);
const ecdsa = 3;

/**
 * Checks that `message` may follow `lastMessage`, which is undefined at the beginning. In an abbreviated handshake
 * Finished (20) follows ServerHello (2).
 */
const checkOrder = (session: Session, message: number): void => {
  if (!session.connectionEnd) return;
  const last = session.lastMessage;
  let expected: boolean;
  switch (message) {
    case serverHello:
      expected = last === undefined;
      break;
    case certificate:
      expected = last === serverHello;
      break;
    case serverKeyExchange:
      expected = last === certificate;
      break;
    case certificateRequest:
      expected = last === serverKeyExchange;
      break;
    case serverHelloDone:
      expected = last === serverKeyExchange || last === certificateRequest;
      break;
    default:
      expected =
        Boolean(session.serverCipher) && (last === serverHelloDone || (last === serverHello && resumes(session)));
  }
  if (!expected) throw new HandshakeError("order", `handshake message ${message} out of order`);
  session.lastMessage = message;
};

/** Compares by itself: in place of an SDK module, this one imports no module of ours outside this folder (tools/xs/bundle.ts). */
const resumes = ({ clientSessionID, serverSessionID }: Session): boolean => {
  if (!clientSessionID || !serverSessionID || clientSessionID.byteLength !== serverSessionID.byteLength) return false;
  const offered = new Uint8Array(clientSessionID);
  return new Uint8Array(serverSessionID).every((byte, i) => byte === offered[i]);
};

/** @param point an uncompressed point @throws HandshakeError "key-exchange" unless the point lies on the curve */
const checkPoint = ({ ec, orderSize }: Curve, point: Uint8Array<ArrayBuffer>): void => {
  const { a, b, m } = ec;
  const x = BigInt.fromArrayBuffer(point.slice(1, 1 + orderSize).buffer);
  const y = BigInt.fromArrayBuffer(point.slice(1 + orderSize).buffer);
  if (x >= m || y >= m || (y * y - (x * x * x + a * x + b)) % m !== 0n)
    throw new HandshakeError("key-exchange", "its point is not on the curve");
};

const refuseExchange: (what: string) => never = (what) => {
  throw new HandshakeError("key-exchange", what);
};

/** The curve with this number; undefined when it was not offered. */
const curveOf = (number: number, { options }: Session): Curve | undefined => {
  if (!options.tls_elliptic_curves.includes(number)) return undefined;
  switch (number) {
    case secp256r1:
      return new Curve("secp256r1");
    case secp384r1:
      return new Curve("secp384r1");
    default:
      return undefined;
  }
};

/** Reads a ServerKeyExchange with ECDHE (RFC 8422 §5.4): curve, point, and a signature over both random numbers and those. */
const readKeyExchange = (session: Session, body: Uint8Array<ArrayBuffer>): void => {
  const pointLength = body[3];
  const signed = 4 + pointLength;
  if (body.byteLength < signed + 4 || body[0] !== namedCurve)
    refuseExchange("its key exchange is cut off or of an unknown kind");
  const number = (body[1] << 8) | body[2];
  const curve = curveOf(number, session);
  if (!curve) refuseExchange(`its key exchange is on a curve that was not offered (${number})`);
  if (pointLength !== 1 + 2 * curve.orderSize || body[4] !== uncompressed)
    refuseExchange("its key exchange is no point in the form that was offered");
  const hash = hashes[body[signed]];
  const algorithm = body[signed + 1];
  const length = (body[signed + 2] << 8) | body[signed + 3];
  const offered = session.options.tls_signature_algorithms;
  if (!hash || !offered.some((each) => each.hash === body[signed] && each.sig === algorithm))
    refuseExchange(`its key exchange is not signed with an algorithm that was offered (${body[signed]}/${algorithm})`);
  if (body.byteLength !== signed + 4 + length) refuseExchange("the length of its signature is wrong");
  const key = session.certificateManager.getKey(session.peerCert) as PublicKey | undefined;
  if (!key || !session.peerCert) refuseExchange("it sent no certificate");
  if ("curve" in key !== (algorithm === ecdsa))
    refuseExchange("its signature is of another kind than its certificate's key");
  const parameters = body.subarray(0, signed);
  const signature = body.subarray(signed + 4);
  if (!verifySignature(key, hash, [session.clientRandom, session.serverRandom, parameters], signature))
    refuseExchange("the signature of its key exchange is wrong");
  const point = body.slice(4, signed);
  checkPoint(curve, point);
  session.dhparams = { named_curve: number, dh_Ys: point.buffer };
};

const hardened: typeof sdk = {
  ...sdk,

  certificate: {
    ...sdk.certificate,
    unpacketize(session: Session, body: SSLStream | undefined): void {
      checkOrder(session, certificate);
      sdk.certificate.unpacketize.call(this, session, body);
    },
  },

  serverHelloDone: {
    ...sdk.serverHelloDone,
    unpacketize(session: Session, body: SSLStream | undefined): void {
      checkOrder(session, serverHelloDone);
      sdk.serverHelloDone.unpacketize.call(this, session, body);
    },
  },

  serverHello: {
    ...sdk.serverHello,
    unpacketize(session: Session, body: SSLStream | undefined): void {
      checkOrder(session, serverHello);
      // The body of ServerHello begins with the version.
      const bytes = body!.readChunk(body!.bytesAvailable, true);
      const version = (bytes[0] << 8) | bytes[1];
      if (version !== tls12) throw new HandshakeError("version", String(version));
      try {
        sdk.serverHello.unpacketize.call(this, session, new SSLStream(bytes));
      } catch (error) {
        throw new HandshakeError("suite", error instanceof Error ? error.message : "");
      }
    },
  },

  serverKeyExchange: {
    ...sdk.serverKeyExchange,
    unpacketize(session: Session, body: SSLStream | undefined): void {
      checkOrder(session, serverKeyExchange);
      if (!body) throw new HandshakeError("key-exchange", "its key exchange is empty");
      readKeyExchange(session, body.readChunk(body.bytesAvailable, true));
    },
  },

  certificateRequest: {
    ...sdk.certificateRequest,
    unpacketize(session: Session): void {
      checkOrder(session, certificateRequest);
      session.clientCerts = session.certificateManager.findPreferredCert([], []);
    },
  },

  certificateVerify: {
    ...sdk.certificateVerify,
    packetize(session: Session, own: ArrayBuffer): unknown {
      const key = session.certificateManager.getKey(own) as { curve?: Curve; d: bigint };
      if (!key.curve) return sdk.certificateVerify.packetize.call(this, session, own);
      const hash: ArrayBuffer = session.handshakeDigests!.SHA256!.close(true);
      const nonce = deterministicNonce(key.d, key.curve.n, hash);
      // ECDSA takes its nonce from `k` of the curve argument, if there is a `k`.
      const curve = { G: key.curve.G, ec: key.curve.ec, n: key.curve.n, orderSize: key.curve.orderSize, k: nonce };
      const signature = new ECDSA(key.d, curve).sign(hash, true);
      const body = new SSLStream();
      body.writeChar(sha256);
      body.writeChar(ecdsa);
      body.writeChars(signature.byteLength, 2);
      body.writeChunk(signature);
      return sdk.packetize(session, certificateVerify, body);
    },
  },

  finished: {
    ...sdk.finished,
    unpacketize(session: Session, body: SSLStream | undefined): void {
      checkOrder(session, finished);
      if (body?.bytesAvailable !== 12) throw new HandshakeError("finished", "length");
      try {
        sdk.finished.unpacketize.call(this, session, body);
      } catch (error) {
        throw new HandshakeError("finished", error instanceof Error ? error.message : "");
      }
    },
  },
};

export default Object.freeze(hardened, true);
