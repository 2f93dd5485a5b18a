/*
 * The module "nerveshub": what another Moddable app imports. The link of src/link.ts with the platform that the app is built
 * for, so that an app includes manifest_link.json, constructs and starts. What the link does beyond firmware is in
 * "nerveshub/features/…", a module and a manifest each.
 */

import { createPlatform } from "nerveshub/hosts/platform/platform";
import { NervesHubLink as Link } from "nerveshub/src/link";
import type { Platform } from "./modules/platform/platform.js";
import type { LinkOptions } from "./src/options.js";

export { createPlatform } from "nerveshub/hosts/platform/platform";
export type { Client, Decision, Update } from "./src/client.js";
export type { Command } from "./src/command.js";
export type { Core, Feature } from "./src/feature.js";
export type { LinkOptions, Platform };

export class NervesHubLink extends Link {
  /**
   * @param platform one per run; pass it when the app uses its store or slots as well
   * @throws Fault of stage "options", see src/options.ts
   */
  constructor(options: LinkOptions, platform: Platform = createPlatform()) {
    super(options, platform);
  }
}
