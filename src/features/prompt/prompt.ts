/*
 * Prompt: evaluates an operator's line that is no command as JavaScript. It gives every operator of the server access to
 * everything that its globals reach (see src/features/prompt/evaluator.ts).
 */

import type { Core, Feature } from "../../feature.js";
import { Commands } from "../console/commands.js";
import { compartmentEvaluator } from "./evaluator.js";

export class Prompt implements Feature {
  private readonly _globals: object;

  /** @param globals values that expressions may use, by name: `{ relay, settings }` */
  constructor(globals: object = {}) {
    this._globals = globals;
  }

  install(core: Core): void {
    core.feature(Commands).evaluate = compartmentEvaluator(this._globals);
  }
}
