/*
 * An application as somebody would write it, with everything switched on that an operator can use: what `npm run sim` does
 * to it (tools/xs/uses) must not restart it. Settings come from the store, as in src/main.ts.
 */

import { createPlatform, NervesHubLink } from "nerveshub";
import { Alarms } from "nerveshub/features/alarms";
import { Commands, Console } from "nerveshub/features/console";
import { ErrorReports } from "nerveshub/features/error-reports";
import { Health } from "nerveshub/features/health";
import { LocalShell } from "nerveshub/features/local-shell";
import { Logging } from "nerveshub/features/logging";
import { Metrics } from "nerveshub/features/metrics";
import { Scripts } from "nerveshub/features/scripts";
import { startNetwork } from "nerveshub/network";

const platform = createPlatform();
const bytes = (name: string): Uint8Array => platform.store.get(name) ?? new Uint8Array(0);
const setting = (name: string): string => String.fromCharCode(...bytes(name));
const beatMs = setting("heartbeat-ms");

const link = new NervesHubLink(
  {
    host: setting("host"),
    port: Number(setting("port")),
    roots: [bytes("ca")],
    heartbeat: beatMs === "" ? {} : { intervalMs: Number(beatMs), maxIntervalMs: 4 * Number(beatMs) },
    auth: { productKey: setting("shared-key"), productSecret: setting("shared-secret") },
    features: [
      new Health(),
      new Metrics(),
      new Alarms(),
      new ErrorReports(),
      new Logging(),
      new Console(),
      new Scripts(),
      new LocalShell(),
      new Commands([
        { name: "say", usage: "[text]", help: "Says it again", run: ({ args }) => args.join(" ") },
        {
          name: "later",
          usage: "ms",
          help: "Says so after that many milliseconds",
          run: ({ args }) =>
            new Promise((resolve) => platform.timers.set(() => resolve(`${args[0]} ms later`), Number(args[0]))),
        },
      ]),
    ],
  },
  platform,
);
startNetwork(platform, {}, () => link.start());
