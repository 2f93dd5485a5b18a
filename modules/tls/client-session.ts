/*
 * The SDK's TLS session, fed with packets that were read elsewhere, and with a cache of its own.
 *
 * Not a protocol of its own: order, key exchange and certificates are checked in hardened/. The rule it guards: what
 * comes before the handshake's end is never taken for application data (the SDK keeps an unencrypted record that says
 * it is, and delivers it afterwards).
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

/** TLS warnings in a row; they are passed over, and endless ones are a way to keep a client busy. */
export const maxTlsWarnings = 8;

export interface ClientSessionOptions {
  /** Name to send as SNI, in the form that RFC 6066 §3 wants (`sniName`); undefined for an address. */
  serverName: string | undefined;
  identity: Identity | undefined;
  trust: { verify(certificates: Uint8Array[]): unknown };
  cache: SessionCache;
  /** Records of the server are asked to be no longer (RFC 6066 §4): 512, 1024, 2048 or 4096. */
  maxFragmentLength: number | undefined;
}

const tls12 = 0x303;
/** For a server that goes by its address. */
const unnamed = "-";
const changeCipherSpec = 20;
const handshakeRecord = 22;
const serverHello = 2;
const certificateRequest = 13;
const serverHelloDone = 14;
/**
 * secp256r1 and secp384r1, the preferred one first. In TLS 1.2 one list covers the keys of certificates and the key
 * exchange (RFC 8422 §5.1), so a server with a P-384 key is met only when the exchange may be on P-384 too. That costs
 * 2.4 times a P-256 exchange on XS, and a signature 2.2 times (`npm run test:tls` prints both): dear, and no reason to
 * lose the server. Most servers take the first curve of the list for the exchange, whatever their key.
 */
const ellipticCurves: readonly number[] = Object.freeze([23, 24]);
/**
 * SignatureAndHashAlgorithm, best first: ECDSA (3) and RSA (1) with SHA-256 (4), SHA-384 (5), SHA-512 (6): what is verified
 * in certificates as well. The SDK offers SHA-256 only, and Erlang then refuses an EC certificate of Let's Encrypt, whose
 * CA signs with SHA-384.
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
/** Steps of the SDK's handshake that send without reading: hello, our flight after the server's, our Finished. */
const answering: readonly number[] = Object.freeze([0, 14, 20]);

const seedBytes = 32;
const noDigests = Object.freeze({});

/** The SDK's generator is seeded once, with little: it starts anew from the host's random numbers for each secret. */
const reseed = (random: Random): void => {
  const seed = new Uint8Array(seedBytes);
  random.fill(seed);
  RNG.init(seed.buffer);
};

/** Drops what only the handshake needs. The SDK's record layer works with ciphers, sequence numbers and version alone. */
const letGo = (session: Partial<SDKSession>): void => {
  delete session.options;
  delete session.masterSecret;
  delete session.clientRandom;
  delete session.serverRandom;
  delete session.dhparams;
  // Not deleted: without it the SDK would collect what a server says in HelloRequests.
  session.handshakeDigests = noDigests;
};

/** What the SDK's session is told. */
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
  #warnings = 0;

  constructor(options: ClientSessionOptions) {
    super(sessionOptions(options));
    this.cacheManager = options.cache;
    this.lastMessage = undefined;
    this.initiateHandshake();
  }

  /**
   * Goes on with the handshake as far as what was received allows.
   * @param random a fresh seed before each flight of ours
   * @returns whether the handshake is over
   * @throws Fault of stage "tls", or what the SDK's states throw
   */
  proceed(reader: RecordReader, stream: ByteStream, transport: Transport, random: Random): boolean {
    for (;;) {
      if (answering.includes(this.handshakeProcess)) {
        reseed(random);
        // The SDK remembers no session without a name; the hello that had none to send is gone by now.
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
        if (!this.handshake(transport)) continue;
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
   * Application data of the next record that has some; null after the server's close_notify.
   * @throws Fault of stage "tls", or what the SDK's states throw
   */
  receive(reader: RecordReader, stream: ByteStream, transport: Transport): Uint8Array | null | undefined {
    for (;;) {
      const packet = reader.next(stream, true, undefined);
      if (!packet) return undefined;
      this.#take(packet);
      try {
        const data = this.read(transport);
        if (data === null || (data && data.byteLength > 0)) return data;
      } catch (error) {
        this.#passWarning(error);
      }
    }
  }

  /** The cipher changes once: after the server's flight, or after its hello when a session is resumed. */
  #take(packet: Uint8Array): void {
    const { lastMessage, clientSessionID } = this;
    const expected = lastMessage === serverHelloDone || (lastMessage === serverHello && clientSessionID);
    if (packet[0] === changeCipherSpec && !(expected && this.serverCipher === null))
      throw badRecord("ChangeCipherSpec out of order");
    this.#packet = packet;
  }

  /** The SDK throws for every alert but close_notify; a warning is nothing to stop for. */
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
