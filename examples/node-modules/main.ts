/*
 * A door: an extension and a command of its own, on the console of the device's page. With the package installed by npm.
 */

import config from "mc/config";
import { createPlatform, NervesHubLink } from "nerveshub";
import { Commands, Console } from "nerveshub/features/console";
import { Extensions } from "nerveshub/features/extensions";
import { startNetwork } from "nerveshub/network";
import { type Door, DoorExtension, doorCommand } from "./door.js";

/** In place of a contact and a buzzer. */
const door: Door = {
  open: false,
  buzz: (seconds) => trace(`buzzing for ${seconds} s\n`),
  onChange: () => {},
};

const platform = createPlatform();
const link = new NervesHubLink(
  {
    host: config.host,
    auth: { productKey: config["shared-key"], productSecret: config["shared-secret"] },
    features: [new Extensions([new DoorExtension(door)]), new Commands([doorCommand(door)]), new Console()],
    client: { connected: () => trace("NervesHub has accepted this device.\n") },
  },
  platform,
);
startNetwork(platform, config, () => link.start());
