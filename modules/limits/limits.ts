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
export const maxJsonDepth = 32;

/** Window of a delta's compression, 2^12 = 4 KB, held in memory. NervesHub's deltas have 2^8; detools can make 2^15. */
export const deltaWindowBitsLimit = 12;

/**
 * How far after this firmware's build a time is believed, whoever says it, in milliseconds: twenty years. Less than the
 * 136 years after which NTP's seconds begin anew, so that no time between the bounds is ambiguous.
 */
export const maxClockAheadOfBuildMs = 20 * 365 * 86_400_000;
/** No clock is beyond this: the SDK's `Time.set` takes 32 bits of seconds, which end on 2106-02-07. */
export const latestPlausibleMs = 0xffff_ffff * 1000;

// SNTP (modules/sntp).

/** Datagrams looked at while one answer is awaited: one is usual, more come from whoever guesses at ports. */
export const maxSntpDatagrams = 16;
/**
 * Time servers that a setting may name. They are asked in turn, and one that is silent takes up to 20 s: a round of ten
 * is over within minutes.
 */
export const maxTimeServers = 10;
/** How wrong a time server may be by its own word: MAXDISP of RFC 5905 §A.5.1.1. Windows' servers say up to 10 s. */
export const maxRootDistanceMs = 16_000;

/** The longest `Retry-After` that is obeyed, in milliseconds: an hour. A device that is told "next week" is lost. */
export const maxRetryAfterMs = 3_600_000;

/** Characters of one log line; the server stores lines of any length, a serial console and the queue do not. */
export const maxLogLineCharacters = 1024;

/** Joins of the device topic in a row that may fail before the connection itself is made anew. */
export const maxJoinAttempts = 6;

/** Characters of a download URL. Presigned ones were seen at well over 1,000; the store holds 2,048 bytes a value. */
export const maxUpdateUrlCharacters = 1900;

/** Part checksums of 1 MiB each in one offer: 64 MiB, four times the largest flash of any ESP32. */
export const maxUpdateParts = 64;

/** Characters of a reason that are sent, of which the server keeps about the first 200, and of one that a channel is told. */
export const maxReasonCharacters = 200;

/** Times that damaged parts of one download are fetched again: three, as the Linux agent does. */
export const maxPartFailures = 3;

/** Times that one download may start from its first byte again: a server without ranges on a link that breaks never ends. */
export const maxStartOvers = 5;

/** Restarts that one remembered download URL may be used after; a presigned one lives 24 hours. */
export const maxSourceUses = 20;

// Store (modules/host/store.ts), by whoever implements it.

/** One value. The largest is the record of an update under way, which holds a signed download URL (well over 1 kB). */
export const maxStoreValueBytes = 2048;

// TLS and certificates (modules/tls, modules/x509).

/** Certificates in a server's chain. Public ones have 2 to 4; each costs a kilobyte and, on an ESP32, a signature check. */
export const maxCertificateChain = 8;
/** Steps of the search for a way from the server's certificate to a trusted one: cross-signed chains take under 10. */
export const maxPathSteps = 64;
/** Ways to a trusted certificate whose signatures are checked before giving up: each check takes a device a while. */
export const maxPathsChecked = 3;
/** Subtrees in the name constraints of one CA: constrained CAs of companies have some tens. Each is 64 bytes of RAM or so. */
export const maxNameSubtrees = 256;
/**
 * Names of a chain times the subtrees of the CAs above them: 100 names below a CA with 40. All of them cost 25 ms on XS on
 * a desk computer, as much as ten P-256 signatures; without a bound a message of 32 kB could ask for millions.
 */
export const maxNameComparisons = 4096;
/** A clock before this was never set: this software did not exist. 2026-01-01. */
export const earliestPlausibleMs = 1_767_225_600_000;
/** RSA keys in certificates, in bits: below is forgeable, above takes a device seconds for each signature. */
export const minRsaBits = 2048;
export const maxRsaBits = 4096;
/** One handshake message. NervesHub's CertificateRequest with the Mozilla CA list has 12 to 15 kB, a chain 2 to 6. */
export const maxHandshakeMessageBytes = 32_768;
/** The fragment of one TLS record with its overhead (RFC 5246 §6.2.3). */
export const maxTlsRecordBytes = 16_384 + 2048;
/** A record buffer that grew beyond this is given back when a record needs less than a quarter of it. */
export const keptTlsRecordBytes = 4096;
/** Plain bytes per TLS record sent: encryption holds three copies of a record for a moment. */
export const maxTlsSendBytes = 2048;
/** TLS warnings in a row; they are passed over, and endless ones are a way to keep a client busy. */
export const maxTlsWarnings = 8;
/** Remembered TLS sessions: the hub, and a firmware or archive server or two. */
export const maxTlsSessions = 4;
/** A TLS session is not resumed after this (RFC 5246 §F.1.4 suggests 24 hours). */
export const maxTlsSessionAgeMs = 86_400_000;
/** Default bound on a TLS handshake: an ESP32 with RSA-2048 takes some seconds, a slow network a few more. */
export const defaultHandshakeTimeoutMs = 30_000;
// Extensions (src/extensions). The server's own bounds are in its extension modules; ours lie below them.

/** Unsent bytes on the socket beyond which extensions and console wait: updates and heartbeats have the queue's rest. */
export const maxExtensionBacklogBytes = 4096;
/** Characters in one batch of log lines, readings or error reports: at most 16 KB of UTF-8, half of the send queue. */
export const maxBatchCharacters = 4096;
/** Pushes whose refs are remembered, to know which extension a refusal means. */
export const maxRememberedRefs = 32;

/** Log lines that wait for the server, and their characters together: what a chatty minute has, and what RAM allows. */
export const maxBufferedLogLines = 128;
export const maxBufferedLogCharacters = 12_288;
/** First lines after a start that are never the ones to be dropped: a boot has about twenty. */
export const keptBootLines = 24;
/** Lines of one `logging:send`; the server drops the rest. */
export const maxLogLinesInMessage = 100;
/** The server takes 5 messages a second and 10 at once. Less, since a stalled network delivers several at once. */
export const loggingRate = Object.freeze({ perSecond: 4, burst: 8 });
/** Lines kept for the console's `log` and for crash reports, and their characters together. */
export const maxRecentLines = 40;
export const maxRecentCharacters = 4096;

/** The server takes 1 message a second and 5 at once. */
export const metricsRate = Object.freeze({ perSecond: 0.5, burst: 3 });
/** Reports that wait, and names of one report: what one `metrics:report` may carry. */
export const maxMetricReports = 60;
export const maxMetricNames = 20;
/** Bytes of a metric's name. */
export const maxMetricNameBytes = 64;
/** Names an application may use in all: each is interned for ever on XS. */
export const maxDistinctMetrics = 64;
/** The server discards readings whose time is more than 24 h off. */
export const maxReadingAgeMs = 23 * 3_600_000;
/** Metrics of one health report: the server keeps each as a series. */
export const maxHealthMetrics = 64;
/**
 * Metadata of one health report: entries, characters of a text, and bytes of all as JSON, so that they fit the send queue
 * beside the metrics and 32 names of alarms. The device's page shows some ten of them, in one line each.
 */
export const maxHealthMetadata = 32;
export const maxHealthMetadataCharacters = 256;
export const maxHealthMetadataBytes = 8192;
/** Characters of a position's source: "gps". */
export const maxGeoSourceCharacters = 64;
/** Bytes of JSON of a list in one message, alarms or identities: the send queue's size, and a quarter of it to spare. */
export const maxListBytes = 24_576;
/** The server has no bucket for health, geo and the like; a flood of requests is answered about once a second. */
export const answerRate = Object.freeze({ perSecond: 1, burst: 3 });

/** Alarms raised at one time; a snapshot has to fit one message. */
export const maxAlarms = 32;
/** Characters of an alarm's name (the server's bound) and of its description (ours). */
export const maxAlarmNameCharacters = 255;
/** Bytes of an alarm's name as JSON: 32 of them fit one message. */
export const maxAlarmNameBytes = 512;
export const maxAlarmDescriptionCharacters = 256;
/** The server takes 1 message a second and 10 at once, and believes times back to 72 h. */
export const alarmsRate = Object.freeze({ perSecond: 0.8, burst: 8 });
export const maxAlarmAgeMs = 71 * 3_600_000;

/** Error reports that wait; the server takes 25 in one message. */
export const maxErrorReports = 12;
/** Characters of reason and message; the server cuts at 2 KB and 8 KB. */
export const maxErrorReasonCharacters = 500;
export const maxErrorMessageCharacters = 1000;
/** Stack frames; the server keeps 30. */
export const maxErrorFrames = 12;
/** Context entries (server: 32), characters of one value (server: 512 bytes). */
export const maxErrorContextEntries = 16;
export const maxErrorContextCharacters = 128;
/** The server takes 1 message a second and 5 at once. */
export const errorReportsRate = Object.freeze({ perSecond: 0.5, burst: 3 });
/** Characters of the stack and of the last log lines in a crash record: the store takes 2,048 bytes of UTF-8 a value. */
export const maxCrashStackCharacters = 600;
export const maxCrashLogCharacters = 240;

/** Bytes of a GeoIP answer; the usual service sends about 250. */
export const maxGeoIpBytes = 2048;
/** Identities of one report (the server cuts off the rest), characters of a name, bytes of details. */
export const maxIdentities = 10;
export const maxIdentityCharacters = 255;
export const maxIdentityDetailsBytes = 4096;
/** Characters of a result of a component's action or mode; the server keeps 8,192. */
export const maxComponentOutputCharacters = 2048;
/** Actions and modes that run at one time. */
export const maxComponentRequests = 4;

// Console and support scripts (src/console, src/features/scripts/scripts.ts).

/** Characters of a line that is typed. */
export const maxCommandLineCharacters = 256;
/** Lines of history. */
export const maxHistoryLines = 16;
/** Characters typed ahead while a command runs. */
export const maxTypeAheadCharacters = 1024;
/** Characters of what one command prints: a screen or two, and it must wait in RAM until the socket takes it. */
export const maxCommandOutputCharacters = 4096;
/** Characters of one `up` message. */
export const maxConsoleMessageCharacters = 1024;
/** Characters that wait for the socket; what goes beyond is dropped and said. */
export const maxConsoleBacklogCharacters = 8192;
/** Commands that return a promise are given up after this; scripts as a whole too, since the server forgets them at 15 s. */
export const commandDeadlineMs = 10_000;
/** Characters and lines of a script. */
export const maxScriptCharacters = 8192;
export const maxScriptLines = 100;
/** Scripts that run or wait at one time; more are refused in words. */
export const maxScripts = 4;
/** Characters of a script's reference; the server's have six, or "connecting_code". */
export const maxScriptRefCharacters = 64;

/** Public keys kept of each kind, and their characters together: the store takes 2,048 bytes a value. */
export const maxServerKeys = 16;
export const maxServerKeysCharacters = 1900;

/** Longest time a refusal may keep a device from asking for an update again: a week, in minutes. */
export const maxUpdateRefusalMinutes = 10_080;
