/*
 * A Moddable app that is a device of NervesHub, with the repository fetched by mcconfig.
 */

import config from "mc/config";
import { createHost, NervesHubLink, startNetwork } from "nerveshub";

const host = createHost();
const link = new NervesHubLink(
  {
    host: config.host,
    auth: { productKey: config["shared-key"], productSecret: config["shared-secret"] },
    client: { connected: () => trace("NervesHub has accepted this device.\n") },
  },
  host,
);
startNetwork(host, config, () => link.start());
