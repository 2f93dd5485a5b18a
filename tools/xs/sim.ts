/*
 * npm run sim [-- [-d | -i] [NAME]]: the main job on the real engine. The app's `-p lin` build, headless, is a device of the
 * desk hub: it connects, takes an update, restarts into it and confirms it. This runs once for every way to log in, and once
 * with the line that the hub prints for newcomers. Then ordinary-use.ts runs. With NAME only the cases of that name run. Ends
 * with status 0 and a summary when all cases passed.
 *
 * With -i the heap is measured: the most that is in use during the update, and what remains while idle afterwards; one JSON
 * object per line.
 * Then the heap is compared with its budgets (heap-budgets.ts); with NAME "heap" only that.
 *
 * The cases over TLS need the openssl command, which makes their certificates.
 */

import { execFileSync } from "node:child_process";
import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { howToConnect, type PrivateRoot, rootIn } from "../hub/how-to-connect.js";
import { Hub } from "../hub/hub.js";
import type { HubTls } from "../hub/options.js";
import { checkHeap } from "./heap-budgets.js";
import { buildLoader } from "./loader.js";
import { ordinaryUse } from "./ordinary-use.js";
import { findSdk, mcconfig, ROOT } from "./sdk.js";
import { environmentOf, provision, runUpdate, type SimulatedRun, simulatedImage } from "./simulated-device.js";
import { Authority, type Identity } from "./tls/authority.js";

const product = "nh-demo";

interface Case {
  name: string;
  tls?: HubTls;
  settings: Map<string, Uint8Array | string>;
}

const base64 = () => randomBytes(32).toString("base64").replace(/=+$/, "");
const secret = { key: `nhp_${base64()}`, secret: base64() };
const bySecret: [string, string][] = [
  ["shared-key", secret.key],
  ["shared-secret", secret.secret],
];

function der(pemFile: string): Uint8Array {
  return new Uint8Array(new X509Certificate(readFileSync(pemFile)).raw);
}

function tlsCases(folder: string): Case[] {
  const authority = new Authority(folder);
  const root = authority.root("sim-root", "p256");
  const server = authority.server("sim-server", "p256", root);
  const text = (file: string) => readFileSync(file, "utf8");
  const tls: HubTls = { cert: server.chain, key: text(server.key), clientCa: text(root.certificate) };
  const trust: [string, Uint8Array] = ["ca", der(root.certificate)];
  const byCertificate = (identity: Identity): Map<string, Uint8Array | string> =>
    new Map([
      trust,
      ["cert", der(identity.certificate)],
      ["cert-key", new Uint8Array(createPrivateKey(text(identity.key)).export({ type: "pkcs8", format: "der" }))],
    ]);
  return [
    { name: "TLS, shared secret", tls, settings: new Map<string, Uint8Array | string>([...bySecret, trust]) },
    { name: "TLS, P-256 certificate", tls, settings: byCertificate(authority.device("sim-p256", "p256", root)) },
    { name: "TLS, RSA certificate", tls, settings: byCertificate(authority.device("sim-rsa", "rsa", root)) },
  ];
}

/** Parses, as a shell would, the line for the simulator that the hub prints: what follows -p lin, and the variables. */
function asPrinted(hub: Hub, root: PrivateRoot | undefined): { config: string[]; environment: NodeJS.ProcessEnv } {
  const text = howToConnect(hub, { ...secret, firmwareDir: "firmware", root });
  const line = text.slice(text.indexOf("simulator:\n") + "simulator:\n".length, text.indexOf("\nType"));
  const shown = execFileSync("sh", ["-c", `mcconfig() { printf '%s\\n' "$NERVESHUB_PRODUCT" "$@"; }\n${line}`]);
  const [NERVESHUB_PRODUCT, ...words] = shown.toString().trim().split("\n");
  return { config: words.slice(words.indexOf("lin") + 1), environment: { NERVESHUB_PRODUCT } };
}

const kind = process.argv.find((argument) => argument === "-d" || argument === "-i");
const filter = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const sdk = findSdk();
const loader = buildLoader(sdk);
const folder = mkdtempSync(join(tmpdir(), "nerveshub-sim-"));
const images = [simulatedImage(product, "1.0.0"), simulatedImage(product, "1.1.0")];
/** Builds the app with `config` in mc/config. */
const build = (config: string[]) =>
  mcconfig(sdk, { manifest: join(ROOT, "manifest.json"), name: "nerveshub", platform: "lin", kind, config });
const generic = build([]);

/** Runs a device that was provisioned, with its flash in a file. */
async function provisioned(hub: Hub, data: string, settings: Case["settings"]): Promise<SimulatedRun> {
  provision(data, images[0], new Map([...settings, ["host", "127.0.0.1"], ["port", String(hub.port)]]));
  return runUpdate(loader, generic.folder, hub, environmentOf(data), kind === "-i");
}

/** Runs a newcomer's device: the line that the hub prints and no other setting, with a $HOME that it must not write into. */
async function printed(hub: Hub, data: string, root: PrivateRoot | undefined): Promise<SimulatedRun> {
  const { config, environment } = asPrinted(hub, root);
  const run = await runUpdate(loader, build(config).folder, hub, { ...process.env, ...environment, HOME: data });
  const written = readdirSync(data);
  return written.length === 0 ? run : { ...run, failure: `the simulator wrote ${written.join(", ")} into $HOME` };
}

const certificates = tlsCases(join(folder, "certificates"));
const [{ tls: hubTls }] = certificates;
const root = rootIn(readFileSync(join(folder, "certificates/sim-root.pem"), "utf8"), "sim-root.pem");
// The printed cases come last, since they build anew in the folder of the generic app.
const cases: { name: string; tls?: HubTls; run(hub: Hub, data: string): Promise<SimulatedRun> }[] = [
  ...[{ name: "plain, shared secret", settings: new Map([...bySecret, ["ssl", "false"]]) }, ...certificates].map(
    ({ settings, ...rest }: Case) => ({
      ...rest,
      run: (hub: Hub, data: string) => provisioned(hub, data, settings),
    }),
  ),
  { name: "as the hub prints it, plain", run: (hub, data) => printed(hub, data, undefined) },
  { name: "as the hub prints it, TLS", tls: hubTls, run: (hub, data) => printed(hub, data, root) },
];

let passed = 0;
let failed = 0;
for (const [index, { name, tls, run }] of cases.entries()) {
  if (!name.includes(filter)) continue;
  const data = join(folder, String(index));
  mkdirSync(data);
  // Instrumented builds are sampled once a second: the download has to last for some samples.
  const downloadBytesPerSecond = kind === "-i" ? 200_000 : undefined;
  const hub = new Hub({ product, keys: [secret], tls, offerDelayMs: 300, deltas: "off", downloadBytesPerSecond });
  await hub.start();
  hub.addImage(images[1], "newer.bin");
  const { failure, seconds, lines, heap } = await run(hub, data);
  await hub.stop();
  if (failure === undefined) passed++;
  else {
    failed++;
    console.log(lines.join("\n"));
  }
  const result = failure === undefined ? "updated, restarted, confirmed" : `FAILED: ${failure}`;
  console.log(`${name}: ${result} (${seconds.toFixed(1)} s)`);
  if (heap) console.log(JSON.stringify({ case: name, ...heap }));
}
// With -i only the update is measured.
if (kind !== "-i") {
  const uses = await ordinaryUse(sdk, loader, folder, filter);
  passed += uses.passed;
  failed += uses.failed;
}
if (kind === "-i" && "heap".includes(filter)) {
  const ca = der(join(folder, "certificates/sim-root.pem"));
  const faults = await checkHeap(sdk, loader, folder, { ...secret, tls: hubTls, ca });
  for (const fault of faults) console.log(fault);
  failed += faults.length;
  passed++;
}
rmSync(folder, { recursive: true, force: true });
const { warnings } = generic;
if (warnings.length > 0) console.log(`failed: ${warnings.length} linker warnings, printed above`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 || warnings.length > 0 ? 1 : 0);
