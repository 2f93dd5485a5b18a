/*
 * npm run soak:tls: 1,000 reconnects on XS, then 200 handshakes that fail, each for its own reason. The heap is measured after
 * the first 50 and at the end. Ends with status 1 when the heap grew by more than 2 %, or when a connection ended otherwise
 * than expected.
 */

import { join } from "node:path";
import { buildApp, folder } from "./app.js";
import { makeCases } from "./cases.js";
import { stopServers } from "./servers.js";

const reconnects = 1000;
const failures = 200;
const deadlineSeconds = 400;

/** Full handshakes of each kind; the second is resumed. */
const good = [
  "node: RSA server",
  "node: RSA server",
  "node: EC server below a P-384 CA",
  "node: P-256 device, EC server, 140 CA names",
  "erlang: P-256 device, 140 CA names",
  "openssl: EC server",
];
const bad = [
  "expired",
  "wrong name",
  "unknown CA",
  "self-signed",
  "a device's leaf as issuer",
  "key exchange: s = 0",
  "key exchange: unsigned (0/0, nothing)",
  "handshake: alert 40",
  "handshake: Finished with a changed bit",
  "handshake: a certificate that is no certificate",
  "handshake: the connection is cut before Finished",
  "no TLS: plain HTTP",
  "only TLS 1.3",
  "a P-384 key",
];

const run = buildApp();
const all = await makeCases(join(folder, "authority"));
let status = 0;
for (const [names, times] of [
  [good, reconnects],
  [bad, failures],
] as [string[], number][]) {
  const cases = names.map((name) => all.find((one) => one.name === name)!);
  status ||= await run(cases, deadlineSeconds, { TLS_TIMES: String(times) });
}
stopServers();
process.exit(status);
