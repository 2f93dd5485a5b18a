/*
 * `npm run device`: a simulated device at the command line, until it is interrupted.
 */

import { makePrivateFolder } from "../../hosts/node/private-file.js";
import { printable } from "../../modules/text/printable.js";
import { ending } from "../ending.js";
import { lockFolder } from "../folder-lock.js";
import { sentenceOf } from "../sentence.js";
import { readOptions, usage } from "./options.js";
import { Supervisor } from "./supervisor.js";

const args = process.argv.slice(2);
try {
  const options = readOptions(args);
  if (options === undefined) {
    process.stdout.write(`${usage}\n`);
  } else {
    makePrivateFolder(options.dataDir);
    const release = lockFolder(options.dataDir);
    process.once("exit", release);
    const supervisor = new Supervisor({
      onExit: (status) => {
        process.exitCode = status;
      },
    });
    ending().then(() => supervisor.stop());
    supervisor.start(args);
  }
} catch (error) {
  process.stderr.write(`${printable(sentenceOf(error))}\n\n${usage}\n`);
  process.exitCode = 2;
}
