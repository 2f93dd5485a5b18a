/*
 * ClientSession: the SDK's TLS session, fed with packets that RecordReader read, and with a session cache of its own.
 *
 * It does not judge the handshake: message order, key exchange and certificates are checked in hardened/. The rule it
 * guards: nothing that arrives before the end of the handshake is taken for application data (the SDK would keep an
 * unencrypted application data record and deliver it afterwards).
 */

/// <reference path="../../types/tls.d.ts" />

import RNG from "rng";
import handshake from "ssl/handshake";
import SDKSession, { type SessionCache, type Transport } from "ssl/session";
import type { ByteStream } from "../platform/byte-stream.js";
import type { Random } from "../platform/random.js";
import { badRecord } from "./handshake-fault.js";
import type { Identity } from "./identity.js";
import type { RecordReader } from "./record-reader.js";

/** TLS warning alerts of one connection. They are ignored, but endless ones are a way to keep a client busy. */
export const maxTlsWarnings = 8;

export interface ClientSessionOptions {
  /** Name to send as SNI, in the form that RFC 6066 §3 wants (`sniName`); undefined for an address. */
  serverName: string | undefined;
  identity: Identity | undefined;
  trust: { verify(certificates: Uint8Array[]): unknown };
  cache: SessionCache;
  /** Bytes that the server is asked to put into a record at most (RFC 6066 §4): 512, 1024, 2048 or 4096. */
  maxFragmentLength: number | undefined;
}

const tls12 = 0x303;
/** The name under which the SDK remembers the session of a server that has an address and no name. */
const unnamed = "-";
const changeCipherSpec = 20;
const handshakeRecord = 22;
const serverHello = 2;
const certificateRequest = 13;
const serverHelloDone = 14;
/**
 * secp256r1 and secp384r1, the preferred one first. In TLS 1.2 one list covers the keys of certificates and the key
 * exchange (RFC 8422 §5.1), so a server with a P-384 key works only when the exchange may be on P-384 too. On XS a P-384
 * exchange costs 2.4 times a P-256 exchange, and a signature 2.2 times (`npm run test:tls` prints both), which is better
 * than no connection. Most servers take the first curve of the list for the exchange, whatever their key.
 */
const ellipticCurves: readonly number[] = Object.freeze([23, 24]);
/**
 * SignatureAndHashAlgorithm, best first: ECDSA (3) and RSA (1) with SHA-256 (4), SHA-384 (5) and SHA-512 (6), the same as
 * in certificates. The SDK offers SHA-256 only, and Erlang then refuses an EC certificate of Let's Encrypt, whose CA signs
 * with SHA-384.
 */
const signatureAlgorithms = Object.freeze(
  [
    { hash: 4, sig: 3 },
    { hash: 4, sig: 1 },
    { hash: 5, sig: 3 },
    { hash: 5, sig: 1 },
    { hash: 6, sig: 3 },
    { hash: 6, sig: 1 },
  ],
  true,
);
const warning = 1;
/** Steps of the SDK's handshake that send without reading: ClientHello, the client's second flight, Finished. */
const answering: readonly number[] = Object.freeze([0, 14, 20]);

const seedBytes = 32;
const noDigests = Object.freeze({});

/** Seeds the SDK's generator from the host's random numbers. The SDK itself seeds it only once, with little entropy. */
const reseed = (random: Random): void => {
  const seed = new Uint8Array(seedBytes);
  random.fill(seed);
  RNG.init(seed.buffer);
};

/** Drops the fields that only the handshake needs. The SDK's record layer uses ciphers, sequence numbers and version. */
const letGo = (session: Partial<SDKSession>): void => {
  delete session.options;
  delete session.masterSecret;
  delete session.clientRandom;
  delete session.serverRandom;
  delete session.dhparams;
  // Not deleted: without `handshakeDigests` the SDK would collect the messages of HelloRequests.
  session.handshakeDigests = noDigests;
};

/** The options of the SDK's session. */
export const sessionOptions = ({ serverName, identity, trust, maxFragmentLength }: ClientSessionOptions) => {
  return {
    protocolVersion: tls12,
    tls_elliptic_curves: ellipticCurves,
    tls_signature_algorithms: signatureAlgorithms,
    trust,
    clientCertificates: identity?.chain,
    clientKey: identity?.key,
    // SDK 8.2.3 takes either; newer SDKs read `tls_server_name`.
    ...(serverName === undefined ? undefined : { serverName, tls_server_name: serverName }),
    ...(maxFragmentLength === undefined ? undefined : { tls_max_fragment_length: maxFragmentLength }),
  };
};

export class ClientSession extends SDKSession {
  #packet: Uint8Array | undefined;
  #established = false;
  /** Warning alerts in a row. */
  #warnings = 0;

  constructor(options: ClientSessionOptions) {
    super(sessionOptions(options));
    this.cacheManager = options.cache;
    this.lastMessage = undefined;
    this.initiateHandshake();
  }

  /**
   * Continues the handshake as far as the received bytes allow.
   * @param random gives a fresh seed before each flight of the client
   * @returns whether the handshake is over
   * @throws Fault of stage "tls", or what the SDK's states throw
   */
  proceed(reader: RecordReader, stream: ByteStream, transport: Transport, random: Random): boolean {
    for (;;) {
      if (answering.includes(this.handshakeProcess)) {
        reseed(random);
        // The SDK remembers no session without a name. Set after the ClientHello, this name is not sent as SNI.
        if (this.lastMessage !== undefined) this.options.tls_server_name ??= unnamed;
      } else {
        const packet = reader.next(stream, this.serverCipher !== null, this.handshakeDigests?.SHA256);
        if (!packet) return false;
        if (packet[0] === handshakeRecord && packet[5] === certificateRequest && this.serverCipher === null) {
          handshake.certificateRequest.unpacketize(this, undefined);
          this.handshakeProcess = certificateRequest;
          continue;
        }
        this.#take(packet);
      }
      try {
        const over = this.handshake(transport);
        this.#warnings = 0;
        if (!over) continue;
      } catch (error) {
        this.#passWarning(error);
        continue;
      }
      if (this.alert) throw new Error("closed");
      this.#established = true;
      letGo(this);
      return true;
    }
  }

  /**
   * @returns the application data of the next record that has some, null after the server's close_notify, undefined when
   *   the stream has not enough bytes yet
   * @throws Fault of stage "tls", or what the SDK's states throw
   */
  receive(reader: RecordReader, stream: ByteStream, transport: Transport): Uint8Array | null | undefined {
    for (;;) {
      const packet = reader.next(stream, true, undefined);
      if (!packet) return undefined;
      this.#take(packet);
      try {
        const data = this.read(transport);
        this.#warnings = 0;
        if (data === null || (data && data.byteLength > 0)) return data;
      } catch (error) {
        this.#passWarning(error);
      }
    }
  }

  /**
   * Takes the next packet. ChangeCipherSpec is allowed once: after ServerHelloDone, or after ServerHello when a session is
   * resumed.
   */
  #take(packet: Uint8Array): void {
    const { lastMessage, clientSessionID } = this;
    const expected = lastMessage === serverHelloDone || (lastMessage === serverHello && clientSessionID);
    if (packet[0] === changeCipherSpec && !(expected && this.serverCipher === null))
      throw badRecord("ChangeCipherSpec out of order");
    this.#packet = packet;
  }

  /** Ignores warning alerts, and throws everything else again. The SDK throws for every alert but close_notify. */
  #passWarning(error: unknown): void {
    if (this.alert?.level !== warning || ++this.#warnings > maxTlsWarnings) throw error;
    this.alert = undefined;
  }

  override readPacket(): Uint8Array | undefined {
    const packet = this.#packet;
    this.#packet = undefined;
    return packet;
  }

  override putData(data: Uint8Array): void {
    if (!this.#established) throw badRecord("application data in the middle of the handshake");
    super.putData(data);
  }
}
