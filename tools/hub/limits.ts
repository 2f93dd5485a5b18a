/*
 * Limits of the desk hub: every bound on what comes from strangers and from devices, with its reason, in one place. The
 * real server is a cluster with a database; this is one process with one thread, in memory, that must neither stand still
 * nor grow for anybody.
 *
 * Bytes unless the name says otherwise. What the real server accepts and a device can meet there passes (recordings are
 * replayed against this hub); what goes beyond is refused or cut, and the timeline says so.
 */

// Strangers: whatever happens before a login.

/**
 * Connections in all. Ten thousand devices with a download each; an operating system gives out fewer unless it is asked.
 */
export const maxConnections = 20_000;
/**
 * Connections that have not sent a whole request yet; beyond, the one that waits longest goes. 400 devices that arrive in
 * a second are through within milliseconds each, so it is never a healthy one.
 */
export const maxWaitingConnections = 1000;
/** How long a request's head, a TLS handshake may take, ms. A device on a bad link has its head out within a second or two. */
export const headTimeoutMs = 10_000;
/** How long a whole request with its body may take, ms: an archive in base64 on a slow disk. Only this machine has bodies. */
export const requestTimeoutMs = 60_000;
/** A connection without a WebSocket on which nothing moves, ms. A download waits longest for its reader, 30 s in our agent. */
export const silenceTimeoutMs = 300_000;
/** How often Node looks for those that are late, ms. */
export const lateCheckIntervalMs = 1000;

/**
 * PBKDF2 is run before anything is known of the sender but a key that is no secret. All clients use 1000 iterations and
 * 32 bytes; an ESP32 takes seconds for more, and HMAC-SHA-256 has no use for a key beyond 64 bytes.
 */
export const maxIterations = 10_000;
export const maxDerivedKeyBytes = 64;
/** Logins whose PBKDF2 runs or waits: a second's worth of a fleet; beyond, 503 as from a busy server. */
export const maxLoginsAtOnce = 500;

// Devices: whatever happens behind a login. A key of the product lets any number of identifiers in.

/** Devices in memory. */
export const maxDevices = 50_000;
/** Characters of one of the names that make up firmware metadata. An ESP-IDF image has 31 for each. */
export const maxMetadataCharacters = 1024;
/** Attempts that are remembered of a device; three are enough to block it. */
export const maxAttempts = 100;
/** Levels of brackets in a message. The deepest real one has 6; JSON that goes out again would overflow the stack. */
export const maxMessageDepth = 128;
/** Refs, topic and event of a frame together: they are echoed. Real ones have under 100. */
export const maxFrameHeadBytes = 8192;
/** Bytes that wait because the device does not read: two of the largest messages. */
export const maxUnreadBytes = 16_000_000;

/** Characters of one entry of the timeline, bytes of its data, entries, and all of them together. */
export const maxEntryCharacters = 4000;
export const maxEntryDataBytes = 16_384;
/** A night of a chatty device. */
export const maxEntries = 20_000;
export const maxTimelineBytes = 64_000_000;

/** The last report of one extension of one device: 500 log lines of 700 characters, or a whole terminal (below). */
export const maxReportBytes = 400_000;
/** Characters of one log line that is kept; a device's own bound is 1,024. */
export const maxLogLineCharacters = 4096;
/** One error report, of which a hundred are kept: message, reason, 30 frames and 32 context entries at the server's bounds. */
export const maxErrorReportBytes = 65_536;
/** Alarms raised at one time, and characters of a description. A device of ours raises 32. */
export const maxAlarms = 500;
export const maxAlarmDescriptionCharacters = 4096;
/** Identities of a device, and bytes of one: the server's own bound on details, and three names. */
export const maxIdentities = 100;
export const maxIdentityBytes = 8192;
/** A position, or the connection types of a device. */
export const maxFactBytes = 16_384;

/** Lines and characters of a terminal that are kept for whoever looks later; the real server keeps 1024 lines. */
export const maxTerminalLines = 1024;
export const maxTerminalCharacters = 262_144;

// The operator, who is on this machine, and whose mistakes should not end the hub either.

/** Faults that wait for a download, and a number in one: beyond every image. */
export const maxFaults = 1000;
export const maxFaultNumber = 67_108_864;
/** Text that waits for the terminal; beyond it the timeline goes on in memory alone. */
export const maxTerminalBacklog = 1_000_000;

/** The last frames of all devices, kept for bug reports: an hour of ten talkative ones. Characters, and frames. */
export const maxFrameLogBytes = 16_000_000;
export const maxFrameLogFrames = 20_000;
/** What a viewer of the page gets when it comes: enough to scroll for a while. */
export const maxEntriesShown = 2000;
export const maxDevicesShown = 1000;
