/*
 * An application that hands the agent texts which no server takes, wherever it takes text: tools/xs/uses/texts.ts looks at
 * what arrives. Strings of XS hold half a surrogate pair as one character, and U+0000 like any other.
 */

import { createPlatform, NervesHubLink } from "nerveshub";
import { Alarms } from "nerveshub/features/alarms";
import { Components } from "nerveshub/features/components";
import { Commands, Console } from "nerveshub/features/console";
import { ErrorReports } from "nerveshub/features/error-reports";
import { Health } from "nerveshub/features/health";
import { Logging } from "nerveshub/features/logging";
import { Scripts } from "nerveshub/features/scripts";
import { startNetwork } from "nerveshub/network";

const platform = createPlatform();
const setting = (name: string): string => String.fromCharCode(...(platform.store.get(name) ?? []));

const half = "\ud83d";
const bad = `${half}\0\ude00`;
let offers = 0;

const alarms = new Alarms();
const errorReports = new ErrorReports();
const link = new NervesHubLink(
  {
    host: setting("host"),
    port: Number(setting("port")),
    roots: [platform.store.get("ca") ?? new Uint8Array(0)],
    auth: { productKey: setting("shared-key"), productSecret: setting("shared-secret") },
    features: [
      alarms,
      errorReports,
      new Console(),
      new Scripts(),
      new Logging(),
      new Health({ metadata: () => ({ [`m${bad}`]: bad }) }),
      new Components(() => ({
        assemblies: [
          {
            identifier: "board",
            components: [{ identifier: "relay", label: bad, actions: [{ identifier: "go", run: () => bad }] }],
          },
        ],
      })),
      new Commands([
        { name: "say", usage: "[text]", help: "Says it again", run: ({ args }) => args.join(" ") },
        { name: "bad", help: bad, run: () => bad },
      ]),
    ],
    client: {
      updateAvailable: () => (++offers === 1 ? { reschedule: 500, reason: "battery SN42\0" } : "ignore"),
    },
  },
  platform,
);
alarms.raise("Battery", `3.1 V ${bad}`);
alarms.raise("Joined", `${half}\ude00`);
link.log("info", `${"x".repeat(1023)}😀`);
link.log("info", `${"y".repeat(1023)}${half}z`);
errorReports.report(new Error(bad), { [bad]: bad });
startNetwork(platform, {}, () => link.start());
