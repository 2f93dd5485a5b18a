/*
 * A Moddable app that is a device of NervesHub, with the package installed by npm and found by mcpack.
 */

import config from "mc/config";
import { createHost, NervesHubLink, startNetwork } from "nerves-hub-link-moddable";

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
