/*
 * npm run test:tls: the TLS of modules/tls on XS against good and bad servers (cases.ts).
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildLoader, runProduct } from "../loader.js";
import { BUILDS, findSdk, mcconfig, ROOT } from "../sdk.js";
import { makeCases } from "./cases.js";
import { stopServers } from "./servers.js";

const deadlineSeconds = 170;

const filter = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const kind = process.argv.find((argument) => argument === "-d" || argument === "-i");
const sdk = findSdk();
const loader = buildLoader(sdk);
const manifest = join(ROOT, "test/xs/tls/manifest.json");
const product = mcconfig(sdk, { manifest, name: "tls-suite", platform: "lin", ...(kind ? { kind } : undefined) });
const folder = join(BUILDS, "tls");
mkdirSync(folder, { recursive: true });
const cases = (await makeCases(join(folder, "authority"))).filter(({ name }) => name.includes(filter));
const list = join(folder, "cases.json");
writeFileSync(list, JSON.stringify(cases, null, 1));
const environment = { ...process.env, TLS_CASES: list };
const status = await runProduct(loader, product.folder, deadlineSeconds, environment);
stopServers();
process.exit(status);
