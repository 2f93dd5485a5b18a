/*
 * npm run heap:tls: what a TLS connection needs of the XS heap, at most, in bytes on a 64-bit machine: one JSON object a
 * line. The first line is the app without a connection.
 */

import { join } from "node:path";
import { buildApp, folder } from "./app.js";
import type { Case } from "./case.js";
import { makeCases } from "./cases.js";
import { stopServers } from "./servers.js";

const run = buildApp("heap");
const all = await makeCases(join(folder, "authority"));
const named = (name: string): Case => all.find((one) => one.name === name)!;
const chatter = (line: string): [string, string] => [`${line}\n`, `${line}\n`];
const cases: Case[] = [
  { ...named("a P-384 key"), name: "no connection: options refused" },
  { ...named("node: EC server below a P-384 CA"), name: "handshake, EC" },
  { ...named("node: RSA server"), name: "handshake, RSA" },
  {
    ...named("node: EC server below a P-384 CA"),
    name: "20 small messages",
    talk: Array.from({ length: 20 }, () => chatter("a".repeat(100))),
  },
  { ...named("node: 300 kB in full records"), name: "300 kB in records of 16 kB" },
  { ...named("erlang: P-256 device, EC server"), name: "140 CA names, P-256 device" },
  { ...named("node: RSA device, EC server, 140 CA names"), name: "140 CA names, RSA device" },
];
let status = 0;
for (const one of cases) status ||= await run([one], 30, { TLS_HEAP: "1" });
stopServers();
process.exit(status);
