/*
 * The exceptions to the rules: a list for each rule that has any, each entry with its reason. An entry that no rule needs
 * any more is an error as well.
 */

/** For import-directions.mjs: beginnings of the paths that import and are imported. */
export const imports = [];

/** For import-circles.mjs: the import that closes one. */
export const circles = [];

const subclass = "a subclass of one of the SDK's classes, where a name of ours could be one of theirs";

const signed = "with the signed URL of a download";

/** For private-names.mjs: a file, or "file: #name" of a field that holds a secret or a key. */
export const privateNames = [
  ["modules/tls/client-session.ts", subclass],
  ["modules/tls/hardened/cert.ts", subclass],
  ["src/connection/credentials.ts: #secret", "a shared secret"],
  ["src/features/client-certificate/client-certificate.ts: #given", "a private key, until it was looked at"],
  ["src/features/client-certificate/client-certificate.ts: #key", "a private key"],
  ["src/log/redact.ts: #secrets", "what must never be logged"],
  ["modules/http/get.ts: #buffer", signed],
  ["modules/http/get.ts: #head", signed],
  ["modules/http/get.ts: #options", signed],
  ["modules/http/get.ts: #request", signed],
  ["modules/http/get.ts: #url", signed],
  ["modules/websocket/receiver.ts: #message", signed],
  ["modules/websocket/websocket.ts: #buffer", signed],
  ["modules/tls/secure-stream.ts: #session", "a private key, until the handshake is over"],
  ["modules/tls/session-cache.ts: #entries", "the master secrets of TLS sessions"],
  ["hosts/esp32/wifi.ts: #network", "a Wi-Fi pass phrase"],
  ["src/update/download.ts: #options", signed],
  ["src/update/download.ts: #url", signed],
  ["src/update/updater.ts: #offer", signed],
  ["src/features/archives/archives.ts: #offer", signed],
];

const http = "what any HTTP answer can be, in an upgrade or in a download";

/** For fault-codes.mjs: codes of more than one stage. */
export const faultCodes = [
  ["bad-chunk", http],
  ["bad-header", http],
  ["bad-length", http],
  ["bad-transfer-encoding", http],
  ["head-too-long", http],
  ["header-line-too-long", http],
  ["interim-limit", http],
  ["not-http", http],
  ["short-body", http],
  ["too-many-headers", http],
];

const suites = "suites compare with it, or hold it alone against vectors";

/** For dead-exports.mjs: a file, or "file: name". */
export const deadExports = [
  [
    "hosts/flash-model/memory-flash.ts",
    "the flash of suites; the model has it for its rules, and nothing is linked with it",
  ],
  ["modules/delta/state.ts: stateSize", suites],
  ["modules/nh1/shared-secret.ts: saltOf", suites],
  ["modules/tls/client-session.ts: sessionOptions", suites],
  ["modules/tls/server-verification.ts: builtInRoot", suites],
  ["modules/x509/server-name.ts: ipv4Address", suites],
  ["modules/x509/server-name.ts: ipv6Address", suites],
  ["src/features/console/commands.ts: words", suites],
  ["src/features/geo/geo.ts: isPosition", suites],
  ["src/features/geo/geoip.ts: positionIn", suites],
  ["src/update/slot-target.ts: recordInterval", suites],
];
