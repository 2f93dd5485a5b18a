/*
 * A device whose state and log are on NervesHub, in JavaScript, with the package installed by npm and found by mcpack.
 */

import config from "mc/config";
import { createPlatform, NervesHubLink } from "nerves-hub-link-moddable";
import { Health } from "nerves-hub-link-moddable/features/health";
import { Logging } from "nerves-hub-link-moddable/features/logging";
import { startNetwork } from "nerves-hub-link-moddable/network";

const platform = createPlatform();
const link = new NervesHubLink(
  {
    host: config.host,
    auth: { productKey: config["shared-key"], productSecret: config["shared-secret"] },
    features: [new Health(), new Logging()],
    client: { connected: () => trace("NervesHub has accepted this device.\n") },
  },
  platform,
);
startNetwork(platform, config, () => link.start());
