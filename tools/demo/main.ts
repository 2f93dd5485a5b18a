/*
 * `npm start`: the demonstration at the command line. Ends 0 only when the device runs the new image and has confirmed it.
 */

import { parseArgs } from "node:util";
import { printable } from "../../modules/text/printable.js";
import { ending } from "../ending.js";
import { Deltas } from "../hub/deltas.js";
import { FirmwareLibrary } from "../hub/firmware-library.js";
import { sentenceOf } from "../sentence.js";
import { Demo, type DemoResult } from "./demo.js";
import { type DemoImages, demoImages, recordedImages } from "./images.js";
import { Screen } from "./screen.js";

const usage = `npm start -- [options]

A device updates itself from a NervesHub on your desk, restarts into the new image and confirms it.

  --image FILE   update to this ESP-IDF application image instead of a made-up one
  --delta        send a patch instead of the whole image; not with --image, which has no build before it
  --chaos        cut power and connections on the way
  --stay         keep hub and device running afterwards, until Ctrl-C
  -h, --help     print this`;

function summary(
  { before, beforeVersion, after, afterVersion }: DemoImages,
  { seconds, starts, offered }: DemoResult,
): string[] {
  return [
    `before       ${beforeVersion} (${before.byteLength} bytes)`,
    `after        ${afterVersion} (${after.byteLength} bytes), confirmed`,
    `sent         ${offered}`,
    `time         ${seconds.toFixed(1)} s, ${starts} starts of the device`,
    "verified     chip, product and uuid before the first erase; the server's checksums on what arrived; then,",
    "             read back from flash, the whole image; and the hub's acceptance before it was confirmed",
  ];
}

function detoolsInstalled(): boolean {
  return new Deltas(new FirmwareLibrary("demo"), undefined, () => {}).tool() !== undefined;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      image: { type: "string" },
      delta: { type: "boolean", default: false },
      chaos: { type: "boolean", default: false },
      stay: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const ended = ending();
  const { chaos } = values;
  const delta = values.delta && values.image === undefined;
  const images = delta && !detoolsInstalled() ? recordedImages() : demoImages(values.image);
  if (values.delta && !delta)
    images.notes.push(
      "a patch needs the build before it as well, and there is a made-up one only: the whole image is sent",
    );
  const screen = new Screen(process.stdout);
  screen.title("A device updates itself");
  for (const note of images.notes) screen.fact("image", note);
  const demo = new Demo({ images, screen, delta, chaos });
  const result = await Promise.race([demo.run(), ended]);
  if ("status" in result) {
    await demo.stop();
    return result.status;
  }
  if (result.failure !== undefined) {
    screen.title(`It did not work: ${result.failure}`);
    process.stdout.write(`${demo.lines.slice(-20).join("\n")}\n`);
    await demo.stop();
    return 1;
  }
  screen.title("Done");
  for (const line of summary(images, result)) process.stdout.write(`  ${printable(line)}\n`);
  if (values.stay) {
    process.stdout.write(`\nHub and device go on; see http://127.0.0.1:${demo.port}/api/devices. Ctrl-C ends them.\n`);
    await ended;
  }
  await demo.stop();
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${printable(sentenceOf(error))}\n`);
  process.exitCode = 2;
}
