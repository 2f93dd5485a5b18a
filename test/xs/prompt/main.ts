/*
 * An application with the JavaScript prompt, as somebody would write it: tools/xs/prompt.ts has an operator type at it. Its
 * commands show what expressions cannot: what they did to the application, and what XS notices when it collects.
 */

import Debug from "debug";
import { createPlatform, NervesHubLink } from "nerveshub";
import { Commands, Console } from "nerveshub/features/console";
import { Health } from "nerveshub/features/health";
import { Prompt } from "nerveshub/features/prompt";
import { Scripts } from "nerveshub/features/scripts";
import { startNetwork } from "nerveshub/network";
import { everything } from "./everything.js";

const platform = createPlatform();
const setting = (name: string): string => String.fromCharCode(...(platform.store.get(name) ?? []));
const relay = { on: false };
const commands: Commands = new Commands([
  { name: "say", usage: "[text]", help: "Says it again", run: ({ args }) => args.join(" ") },
  { name: "relay-is", help: "Whether it is on", run: () => (relay.on ? "on" : "off") },
  { name: "collect", help: "Collects garbage", run: () => Debug.gc() },
  {
    name: "everything",
    help: "Calls every function of the language",
    run: () => String(commands.evaluate?.(everything, (reason) => platform.print(`rejected: ${String(reason)}`))),
  },
]);

const link = new NervesHubLink(
  {
    host: setting("host"),
    port: Number(setting("port")),
    roots: [platform.store.get("ca") ?? new Uint8Array(0)],
    auth: { productKey: setting("shared-key"), productSecret: setting("shared-secret") },
    features: [new Health(), new Console(), new Scripts(), new Prompt({ relay }), commands],
  },
  platform,
);
startNetwork(platform, {}, () => link.start());
