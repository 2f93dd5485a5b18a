/*
 * Limits: every bound on what comes from outside, with its reason, in one place.
 *
 * Bytes unless the name says otherwise. A bound is chosen so that everything a healthy server sends passes with room to
 * spare and everything beyond it cannot exhaust an ESP32 with some 100 KB of free heap. A peer that goes beyond one is
 * in error; the code that finds it says so in a Fault.
 */

// HTTP heads (modules/http), for the upgrade's answer and for downloads alike.

/** One header line. The longest real one is `Location` with a presigned URL (well over 1 kB); servers use 8 to 10 kB. */
export const maxHeaderLineBytes = 8192;
/** Header lines of one response. The hub's own answers have 6, storage providers about 20. NervesHub takes 50. */
export const maxHeaderCount = 64;
/** All lines of one response head together: what is kept of it lives in memory until the response ends. */
export const maxHeadBytes = 16_384;
/** Interim responses (1xx) before the final one. One or two are usual; endless ones are a way to keep a client busy. */
export const maxInterimResponses = 8;
/** Redirects in a row. Proxy, region and storage make three at most; browsers stop at 20, curl by default at none. */
export const maxRedirects = 5;
/** The size line of one chunk, extensions included. Sixteen digits would be enough. */
export const maxChunkLineBytes = 256;
/** What is kept of the body of a refused upgrade: the hub's texts are under 100 bytes, the rest is a proxy's page. */
export const maxRefusalBodyBytes = 512;

// WebSocket (modules/websocket).

/**
 * One received message, all fragments together. An `update` has 1 to 2 kB plus 67 bytes per MiB of firmware, a
 * `scripts/run` the size of its script; message, decoded text and parsed JSON exist at once, about three times this.
 */
export const maxMessageBytes = 65_536;
/** A message buffer that grew beyond this is given back once its message was delivered. */
export const keptMessageBytes = 4096;
/** Bytes accepted for sending and not yet taken by the stream. Joins have about 1 kB, reports and log batches 2 to 8. */
export const maxSendQueueBytes = 32_768;
/** A send queue that grew beyond this is given back when it is empty. */
export const keptSendQueueBytes = 2048;

// JSON (modules/json).

/** Levels of brackets in JSON. The server's deepest message has 4; XS overflowed its stack at 1,000 (300 passed). */
export const jsonDepthLimit = 32;

/** Window of a delta's compression, 2^12 = 4 KB, held in memory. NervesHub's deltas have 2^8; detools can make 2^15. */
export const deltaWindowBitsLimit = 12;
