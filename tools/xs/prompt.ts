/*
 * The JavaScript prompt, end to end on XS: types lines at an application (test/xs/prompt) through the desk hub, as an operator
 * does. Part of `npm run test:xs`.
 *
 * The rule it guards: no typed line ends the program, and a line reaches the whole language and the values handed in, but
 * nothing else. That holds in the linked app, at whatever place the application's manifest includes the prompt's: built-ins
 * that no module names are stripped by default, and the last manifest with a strip list wins.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { copyNativeFiles } from "./native-files.js";
import { BUILDS, build, type Sdk } from "./sdk.js";
import { UsedDevice } from "./used-device.js";

const name = "prompt";

/** The agent as JavaScript: mcconfig would start the TypeScript compiler once per module. */
const agent = join(BUILDS, "js");
const prompt = join(agent, "src/features/prompt/manifest.json");
const others = [
  "$(MODDABLE)/examples/manifest_base.json",
  "$(MODDABLE)/modules/base/debug/manifest.json",
  ...["manifest_link.json", "manifest_network.json", "src/features/console/manifest.json"].map((path) =>
    join(agent, path),
  ),
  ...["health", "scripts"].map((feature) => join(agent, `src/features/${feature}/manifest.json`)),
];

/** Each typed line, and what must then be shown. */
const typed: readonly (readonly [line: string, shown: RegExp])[] = [
  ["1 + 1", /^2$/],
  ["const here = [1, 2].at(-1)", /^undefined$/],
  ["here", /^2$/],
  ["relay.on = true", /^true$/],
  ["relay-is", /^on$/],
  ["what is this", /^error: /],
  // Built-ins that no module of ours names.
  ["Math.sin(1)", /^0\.8414709848/],
  ["isNaN(NaN)", /^true$/],
  ["/(?<y>\\d{4})/.exec('in 2026').groups.y", /^2026$/],
  ["new Intl.NumberFormat()", /^error: get Intl/],
  ["everything", /^\d{3,4} functions; can be changed: none$/],
  // Rejections that nobody handles: XS notices when it collects.
  ['(Promise.reject(new Error("x")), 1)', /^1$/],
  ['(async () => { await 0; throw new Error("later") })(), 2', /^2$/],
  ["(Promise.reject(Object.create(null)), Promise.reject(Symbol('s')), 3)", /^3$/],
  ["collect", /^$/],
  ["collect", /^$/],
  ["log", /a rejected promise of the prompt was dropped: Error: x\b/],
  ["log", /a rejected promise of the prompt was dropped: Error: later\b/],
  ["log", /a rejected promise of the prompt was dropped: \{\}/],
  ["log", /a rejected promise of the prompt was dropped: Symbol\(s\)/],
  ['Promise.reject(new Error("told"))', /^error: told$/],
  ["new FinalizationRegistry(() => { throw 1 })", /^error: get FinalizationRegistry/],
  // What a compartment inherits, and ways out of it.
  ["typeof trace + typeof native + typeof Native + typeof abort", /^(undefined){4}$/],
  ["delete globalThis.trace, typeof trace", /^undefined$/],
  ["new Compartment({}).evaluate(\"trace('x')\")", /^error: get Compartment/],
  ["typeof Object.getPrototypeOf(globalThis).trace", /^undefined$/],
  ["Function('return typeof trace + typeof Compartment')()", /^undefinedundefined$/],
  ["(0, eval)('typeof trace + typeof Compartment')", /^undefinedundefined$/],
  ["(() => {}).constructor('return globalThis')()", /^error: secure mode$/],
  ["(async () => {}).constructor('return globalThis')()", /^error: secure mode$/],
  ["(function* () {}).constructor('yield globalThis')().next()", /^error: secure mode$/],
  ["(async function* () {}).constructor('yield globalThis')().next()", /^error: secure mode$/],
  ["relay.constructor.constructor('return globalThis')()", /^error: secure mode$/],
  ["Reflect.construct(Function, ['return typeof trace'], Object)()", /^(undefined|error: .*)$/],
  ["(function () { return this })()", /^undefined$/],
  ['import("timer")', /^error: /],
  ['import("nerveshub/src/link")', /^error: /],
  ['import("embedded:io/socket/tcp")', /^error: /],
  ["Array.prototype.push = 1", /^error: /],
  // Results that JSON or String would throw for, or never end with.
  ["Object.create(null)", /^\{\}$/],
  ["Symbol('s')", /^Symbol\(s\)$/],
  ["({ toJSON() { throw 1 }, toString() { throw 2 } })", /^\{"toJSON":\[function\],"toString":\[function\]\}$/],
  ["throw Object.create(null)", /^error: a value that has no text$/],
  ["throw Symbol('s')", /^error: Symbol\(s\)$/],
  ["const p = Proxy.revocable({}, {}); p.revoke(); p.proxy", /^\[an object that cannot be shown\]$|^error: /],
  ["new Uint8Array(100000)", /… 99900 more\]$/],
  ["'x'.repeat(100000)", /^x+… \[cut off after 4096 characters\]$/],
  ["2n ** 10000n", /^\[a bigint of more than 308 digits\]$/],
];

const scripted = 'Math.sin(1)\nisNaN(NaN)\n(Promise.reject(new Error("x")), 1)\ncollect';

interface Outcome {
  passed: number;
  failed: number;
}

/** Writes the application with these manifests in this order. @returns its manifest */
function writeApp(include: readonly string[], more: object): string {
  const folder = join(BUILDS, "apps", name);
  mkdirSync(folder, { recursive: true });
  const compiled = relative(folder, join(agent, "test/xs/prompt"));
  const manifest = {
    build: { NAME: name },
    include,
    creation: { stack: 1024 },
    modules: { main: `${compiled}/main`, everything: `${compiled}/everything` },
    ...more,
  };
  const file = join(folder, "manifest.json");
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  return file;
}

/** Types all lines. @returns a sentence for each failure */
async function operate(loader: string, folder: string): Promise<string[]> {
  const data = mkdtempSync(join(tmpdir(), "nerveshub-prompt-"));
  const device = await UsedDevice.start(loader, folder, data);
  const failures: string[] = [];
  try {
    await device.joined();
    await device.until("the prompt is shown", () => device.shown.endsWith("> "));
    for (const [line, expected] of typed) {
      const before = device.shown.length;
      device.operator.consoleInput(device.identifier, `${line}\r`);
      await device.until(`${line} is answered`, () => /\n(.*\n)*\S+> $/.test(device.shown.slice(before)));
      const answer = device.shown.slice(before).split(/\r?\n/).slice(1, -1).join("\n");
      if (!expected.test(answer)) failures.push(`${line}: ${JSON.stringify(answer.slice(-300))} is not ${expected}`);
    }
    const answer = await device.script(scripted);
    if (!/^0\.841\S+\r?\ntrue\r?\n1\r?\n?$/.test(answer)) failures.push(`as a script: ${JSON.stringify(answer)}`);
    await device.stillAnswers();
    const joins = device.hub.timeline.entries(device.identifier).filter(({ kind }) => kind === "connected").length;
    if (joins !== 1) failures.push(`the device connected ${joins} times`);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error), ...device.lines.slice(-10));
  }
  await device.stop();
  rmSync(data, { recursive: true });
  return failures;
}

/** Needs the XS sources compiled to `.build/js` (tools/xs/types.mjs --emit). */
export async function testPrompt(sdk: Sdk, loader: string): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: 0 };
  const judge = (what: string, failures: readonly string[]): void => {
    if (failures.length === 0) outcome.passed++;
    else outcome.failed++;
    console.log(`${failures.length === 0 ? "ok" : "FAILED"} 11.2 the prompt, ${what}`);
    for (const failure of failures) console.log(`     ${failure}`);
  };
  copyNativeFiles(agent);
  for (const [where, include] of [
    ["first", [prompt, ...others]],
    ["last", [...others, prompt]],
  ] as const) {
    const { failure, folder, generated } = build(sdk, { manifest: writeApp(include, {}), name, platform: "lin" });
    if (failure !== undefined) judge(`its manifest included ${where}`, [failure]);
    else {
      const linked = readFileSync(join(generated, "mc.xs.c"), "utf8");
      judge(
        `its manifest included ${where}: nothing is stripped from what was linked`,
        /fxDeadStrip|DeadStrip\(/.test(linked) ? ["mc.xs.c has stripped functions"] : [],
      );
      judge(`its manifest included ${where}: an operator types at it`, await operate(loader, folder));
    }
  }
  const stripped = build(sdk, { manifest: writeApp([...others, prompt], { strip: "*" }), name, platform: "lin" });
  judge(
    "in an application that strips by itself, is refused by the linker, in words",
    /the JavaScript prompt needs every built-in/.test(stripped.failure ?? "")
      ? []
      : [stripped.failure ?? "it was built"],
  );
  return outcome;
}
