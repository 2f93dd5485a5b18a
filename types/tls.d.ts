/*
 * Ambient typings of the SDK's TLS modules (8.2.3), which have none: as much as modules/tls uses. The `sdk/` names are
 * the originals below our wrappers of the same name (modules/tls/manifest_wrappers.json).
 */

interface ArrayBufferConstructor {
  /** Ours to add: at least `bytes` long. */
  fromBigInt(value: bigint, bytes: number): ArrayBuffer;
}

declare module "crypt" {
  interface Digest {
    write(data: ArrayBuffer | Uint8Array): void;
    /** With `more` the digest goes on. */
    close(more: boolean): ArrayBuffer;
    process(...data: (ArrayBuffer | Uint8Array)[]): ArrayBuffer;
  }
}

declare module "rng" {
  const RNG: { get(count: number): ArrayBuffer; init(seed: ArrayBuffer): void };
  export default RNG;
}

declare module "ber" {
  export default class BER {
    constructor(bytes: ArrayBuffer | Uint8Array);
    readonly readable: number;
    peek(): number;
    getTag(): number;
    getLength(): number;
    getInteger(): bigint;
    getOctetString(): Uint8Array<ArrayBuffer>;
    getObjectIdentifier(): Uint32Array;
    getSequence(): Uint8Array<ArrayBuffer>;
  }
}

declare module "ecp" {
  export default class ECPoint {
    constructor(x: bigint, y: bigint);
    readonly X: bigint;
    readonly Y: bigint;
  }
}

declare module "curve" {
  import type ECPoint from "ecp";
  export default class Curve {
    constructor(name: string);
    readonly G: ECPoint;
    readonly ec: { a: bigint; b: bigint; m: bigint };
    readonly n: bigint;
    /** Bytes of a number. */
    readonly orderSize: number;
    dh(secret: ArrayBuffer, point?: ArrayBuffer): ArrayBuffer;
    Z(point: ArrayBuffer): ArrayBuffer;
  }
}

declare module "ecdsa" {
  export default class ECDSA {
    constructor(key: unknown, curve: object);
    sign(hash: ArrayBuffer, asn1: boolean): ArrayBuffer;
    verify(hash: ArrayBuffer, signature: ArrayBuffer, asn1?: boolean): boolean;
  }
}

declare module "pkcs1_5" {
  export default class PKCS1_5 {
    constructor(key: { modulus: bigint; exponent: bigint }, secret: boolean, oid: readonly number[]);
    readonly modulusSize: number;
    readonly rsa: { process(value: bigint): bigint };
    emsaEncode(hash: ArrayBuffer, size: number): bigint;
  }
}

declare module "sdk/pkcs8" {
  type PrivateKey =
    | { modulus: bigint; exponent: bigint; privExponent: bigint }
    | { curve: import("curve").default; d: bigint };
  const PKCS8: { parse(key: Uint8Array): PrivateKey; decrypt(key: Uint8Array, password: string): PrivateKey };
  export default PKCS8;
}

declare module "x509" {
  const X509: {
    decode(certificate: Uint8Array): { tbs: Uint8Array };
    decodeTBS(tbs: Uint8Array): { validity: { from: number; to: number } };
    decodeExtension(certificate: Uint8Array, oid: readonly number[]): Uint8Array | undefined;
  };
  export default X509;
}

declare module "sdk/ssl/ciphersuites" {
  interface CipherSuite {
    /** The two bytes on the wire. */
    value: [number, number];
  }
  const suites: readonly CipherSuite[];
  export default suites;
}

declare module "ssl/handshake" {
  export { default } from "sdk/ssl/handshake";
}

declare module "ssl/cert" {
  export { default } from "sdk/ssl/cert";
}

declare module "ssl/ciphersuites" {
  export { default } from "sdk/ssl/ciphersuites";
}

declare module "sdk/ssl/cert" {
  interface CertificateOptions {
    verify?: boolean;
    /** A root. */
    certificate?: ArrayBuffer;
    clientCertificates?: (ArrayBuffer | Uint8Array)[];
    clientKey?: ArrayBuffer | Uint8Array;
    /** Ours: judges the server's chain, DER, and returns the key of its first certificate, or throws. */
    trust?: { verify(certificates: Uint8Array[]): unknown };
  }
  interface Key {
    curve?: { n: bigint };
  }
  export default class CertificateManager {
    constructor(options: CertificateOptions);
    static register(certificate: ArrayBuffer): void;
    verify(certificates: Uint8Array[], options: object): boolean;
    _verify(key: Key, certificate: { sig: Uint8Array }): boolean;
    register(certificate: ArrayBuffer): void;
    getKey(certificate: ArrayBuffer | Uint8Array | undefined): unknown;
    findPreferredCert(types: unknown[], names: unknown[]): (ArrayBuffer | Uint8Array)[];
  }
}

declare module "ssl/stream" {
  export default class SSLStream {
    constructor(bytes?: ArrayBuffer | Uint8Array);
    readonly bytesAvailable: number;
    writeChar(value: number): void;
    writeChars(value: number, count: number): void;
    writeChunk(bytes: ArrayBuffer | Uint8Array): void;
    readChunk(count: number, reference: true): Uint8Array<ArrayBuffer>;
  }
}

declare module "ssl/alert" {
  const alert: { packetize(session: object, level: number, description: number): Uint8Array };
  export default alert;
}

declare module "ssl/session" {
  import type CertificateManager from "sdk/ssl/cert";
  /** What a session writes to and asks for its state. */
  export interface Transport {
    readable: number;
    writable: number;
    write(record: Uint8Array): number;
  }
  export interface SessionCache {
    getByHost(host: string): { id: ArrayBuffer; secret: Uint8Array } | undefined;
    saveSession(host: string, id: ArrayBuffer, secret: Uint8Array): void;
    deleteSessionID(id: ArrayBuffer): void;
  }
  export class Session {
    constructor(options: object);
    /** After the hello: what was offered. */
    options: {
      tls_server_name?: string;
      tls_elliptic_curves: readonly number[];
      tls_signature_algorithms: readonly { hash: number; sig: number }[];
    };
    cacheManager: SessionCache | undefined;
    certificateManager: CertificateManager;
    connectionEnd: boolean;
    handshakeProcess: number;
    alert: { level: number; description: number } | undefined;
    serverCipher: object | null;
    clientSessionID: ArrayBuffer | undefined;
    serverSessionID: ArrayBuffer | undefined;
    clientRandom: ArrayBuffer;
    serverRandom: ArrayBuffer;
    peerCert: ArrayBuffer | undefined;
    clientCerts: (ArrayBuffer | Uint8Array)[] | undefined;
    dhparams: { named_curve: number; dh_Ys: ArrayBuffer };
    /** From the server's hello on. */
    handshakeDigests: { SHA256?: import("crypt").Digest } | undefined;
    masterSecret: Uint8Array;
    /** Ours: the last handshake message of the server. */
    lastMessage: number | undefined;
    initiateHandshake(): void;
    /** One step; true when the handshake is over. */
    handshake(transport: Transport): boolean;
    /** Application data of the next record; null after the peer's close_notify. */
    read(transport: Transport): Uint8Array | undefined | null;
    write(transport: Transport, data: Uint8Array): number;
    close(transport: Transport): void;
    readPacket(transport: Transport): ArrayBuffer | Uint8Array | undefined;
    putData(data: Uint8Array): void;
  }
  export default Session;
}

declare module "sdk/ssl/handshake" {
  import type { Session } from "ssl/session";
  import type SSLStream from "ssl/stream";

  interface Reader {
    unpacketize(session: Session, body: SSLStream | undefined): void;
  }
  const handshake: {
    packetize(session: Session, message: number, body: SSLStream): unknown;
    serverHello: Reader;
    certificate: Reader;
    serverKeyExchange: Reader;
    certificateRequest: Reader;
    serverHelloDone: Reader;
    certificateVerify: { packetize(session: Session, own: ArrayBuffer): unknown };
    finished: Reader;
  };
  export default handshake;
}
