/*
 * The module "nerveshub": what another Moddable app imports. The link of src/link.ts with the host of the platform that
 * the app is built for, so that an app includes manifest_link.json, constructs and starts.
 */

import { createHost } from "nerveshub/hosts/platform/platform";
import { NervesHubLink as Link } from "nerveshub/src/link";
import type { Host } from "./modules/host/host.js";
import type { LinkOptions } from "./src/options.js";

export { createHost, startNetwork } from "nerveshub/hosts/platform/platform";
export type { Host, LinkOptions };

export class NervesHubLink extends Link {
  /**
   * @param host one per run; pass it when the app uses its store or slots as well
   * @throws Fault of stage "options", see src/options.ts
   */
  constructor(options: LinkOptions, host: Host = createHost()) {
    super(options, host);
  }
}
