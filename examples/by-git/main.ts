/*
 * The smallest device of NervesHub: it can be reached, and updated over the air. From the repository by git.
 */

import config from "mc/config";
import { createPlatform, NervesHubLink } from "nerveshub";
import { startNetwork } from "nerveshub/network";

const platform = createPlatform();
const auth = { productKey: config["shared-key"], productSecret: config["shared-secret"] };
const link = new NervesHubLink({ host: config.host, auth }, platform);
startNetwork(platform, config, () => link.start());
