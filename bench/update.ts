/*
 * The cost of an update on Node, by CPU time.
 */

import { cpuMs } from "../test/support/harness.js";
import { updateCost } from "./update-cost.js";

for (const figure of await updateCost("Node", cpuMs)) console.log(JSON.stringify(figure));
