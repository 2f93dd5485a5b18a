#!/usr/bin/env node
/*
 * nerveshub-doctor: the command. It reads arguments and prints; the questions are in examination.ts.
 *
 * Exit status: 0 all is well, 1 something has to be changed, 2 wrong arguments.
 */

import { NodeClock } from "../../hosts/node/clock.js";
import { printable } from "../../modules/text/printable.js";
import { endOnClosedPipe } from "../ending.js";
import { sentenceOf } from "../sentence.js";
import { Examination } from "./examination.js";
import { readOptions, usage } from "./options.js";

endOnClosedPipe();
let options: ReturnType<typeof readOptions>;
try {
  options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
} catch (error) {
  process.stderr.write(`nerveshub-doctor: ${printable(sentenceOf(error))}\n\n${usage}`);
  process.exitCode = 2;
}
if (options !== undefined) {
  const examination = new Examination(options, new NodeClock(), (line) => console.log(line));
  await examination.run();
  const { problems } = examination;
  const verdict = problems === 1 ? "One thing has to be changed." : `${problems} things have to be changed.`;
  console.log(problems === 0 ? "All is well." : verdict);
  process.exitCode = problems === 0 ? 0 : 1;
}
