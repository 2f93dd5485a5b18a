/*
 * The module "nerveshub": what another Moddable app imports. It binds the link of src/link.ts to the platform that the app is
 * built for: an app includes manifest_link.json, constructs a NervesHubLink and calls `start`. What the link does beyond
 * firmware is in "nerveshub/features/…", a module and a manifest each.
 */

import { createPlatform } from "nerveshub/hosts/platform/platform";
import { NervesHubLink as Link } from "nerveshub/src/link";
import type { Platform } from "./modules/platform/platform.js";
import type { LinkOptions } from "./src/options.js";

export { createPlatform } from "nerveshub/hosts/platform/platform";
export type { Client, Decision, Stage, Update } from "./src/client.js";
export type { Command } from "./src/command.js";
export type { Core, Feature } from "./src/feature.js";
export type { LinkOptions, Platform };

export class NervesHubLink extends Link {
  /**
   * @param platform made once per run; pass it when the app uses its store or slots as well
   * @throws Fault of stage "options", see src/options.ts
   */
  constructor(options: LinkOptions, platform: Platform = createPlatform()) {
    super(options, platform);
  }
}
