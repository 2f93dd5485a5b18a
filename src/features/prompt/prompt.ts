/*
 * Prompt: what an operator types and is no command is evaluated as JavaScript. Whoever passes it gives every operator of
 * the server whatever its globals reach (src/features/prompt/evaluator.ts says what that is).
 */

import type { Core, Feature } from "../../feature.js";
import { Commands } from "../console/commands.js";
import { compartmentEvaluator } from "./evaluator.js";

export class Prompt implements Feature {
  private readonly _globals: object;

  /** @param globals by name, what expressions may use: `{ relay, settings }` */
  constructor(globals: object = {}) {
    this._globals = globals;
  }

  install(core: Core): void {
    core.feature(Commands).evaluate = compartmentEvaluator(this._globals);
  }
}
