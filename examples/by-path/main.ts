/*
 * A device whose state, log and readings are on NervesHub. From a copy of the repository beside it.
 */

import config from "mc/config";
import { createPlatform, NervesHubLink } from "nerveshub";
import { Health } from "nerveshub/features/health";
import { Logging } from "nerveshub/features/logging";
import { Metrics } from "nerveshub/features/metrics";
import { startNetwork } from "nerveshub/network";

const platform = createPlatform();
const metrics = new Metrics();
const link = new NervesHubLink(
  {
    host: config.host,
    auth: { productKey: config["shared-key"], productSecret: config["shared-secret"] },
    features: [new Health(), new Logging(), metrics],
    client: { connected: () => trace("NervesHub has accepted this device.\n") },
  },
  platform,
);
platform.timers.repeat(() => metrics.record("level", 3.5), 60_000);
startNetwork(platform, config, () => link.start());
