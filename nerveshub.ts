/*
 * The module "nerveshub": what another Moddable app imports. The link of src/link.ts with the platform that the app is built
 * for, so that an app includes manifest_link.json, constructs and starts. What the link does beyond firmware is in
 * "nerveshub/features/…", a module and a manifest each.
 */

import { createHost } from "nerveshub/hosts/platform/platform";
import { NervesHubLink as Link } from "nerveshub/src/link";
import type { Host } from "./modules/host/host.js";
import type { LinkOptions } from "./src/options.js";

export { createHost } from "nerveshub/hosts/platform/platform";
export type { Client, Decision, Update } from "./src/client.js";
export type { Command } from "./src/command.js";
export type { Core, Feature } from "./src/feature.js";
export type { Host as Platform, LinkOptions };

export class NervesHubLink extends Link {
  /**
   * @param platform one per run; pass it when the app uses its store or slots as well
   * @throws Fault of stage "options", see src/options.ts
   */
  constructor(options: LinkOptions, platform: Host = createHost()) {
    super(options, platform);
  }
}
