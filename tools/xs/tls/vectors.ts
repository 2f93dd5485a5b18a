/*
 * Test vectors of others, in ../shared/data beside the repository. They are no part of the repository; where they are missing,
 * a line says what was skipped.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LimboCase } from "../../../test/support/limbo.js";
import { ROOT } from "../sdk.js";

const data = join(ROOT, "../shared/data");

/** The folder of Wycheproof's files; undefined where it is missing. */
export function wycheproofFolder(): string | undefined {
  const folder = join(data, "wycheproof");
  return existsSync(folder) ? folder : undefined;
}

interface Source {
  id: string;
  trusted_certs: string[];
  untrusted_intermediates?: string[];
  peer_certificate: string;
  validation_time?: string;
  expected_result: "SUCCESS" | "FAILURE";
  expected_peer_name?: { value: string };
}

function hexOfPem(pem: string): string {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64").toString("hex");
}

/** The cases of x509-limbo; undefined where they are missing. Cases without a date are judged at `nowMs`. */
export function limboCases(nowMs: number): LimboCase[] | undefined {
  const file = join(data, "x509-limbo/server.json");
  if (!existsSync(file)) return undefined;
  const sources: Source[] = JSON.parse(readFileSync(file, "utf8"));
  return sources.map((source) => ({
    id: source.id,
    roots: source.trusted_certs.map(hexOfPem),
    chain: [source.peer_certificate, ...(source.untrusted_intermediates ?? [])].map(hexOfPem),
    serverName: source.expected_peer_name?.value ?? "example.com",
    nowMs: source.validation_time ? Date.parse(source.validation_time) : nowMs,
    good: source.expected_result === "SUCCESS",
  }));
}
