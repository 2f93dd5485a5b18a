/*
 * An application that passes the features which its store names: `npm run sim -- -i` measures what each choice leaves of the
 * heap (tools/xs/heap-budgets.ts). "platform" makes no link: what the simulator's model of a device takes by itself.
 */

import { createPlatform, NervesHubLink } from "nerveshub";
import { Alarms } from "nerveshub/features/alarms";
import { Delta } from "nerveshub/features/delta";
import { ErrorReports } from "nerveshub/features/error-reports";
import { Health } from "nerveshub/features/health";
import { Logging } from "nerveshub/features/logging";
import { ManagedUpdates } from "nerveshub/features/managed-updates";
import { Metrics } from "nerveshub/features/metrics";
import { ServerKeys } from "nerveshub/features/server-keys";
import { startNetwork } from "nerveshub/network";

const platform = createPlatform();
const bytes = (name: string): Uint8Array => platform.store.get(name) ?? new Uint8Array(0);
const setting = (name: string): string => String.fromCharCode(...bytes(name));

const chosen = setting("choice");
const some = chosen === "core" ? [] : [new Health(), new Logging()];
const rest =
  chosen === "defaults"
    ? [new Metrics(), new Alarms(), new ErrorReports(), new ManagedUpdates(), new ServerKeys()]
    : [];

const start = (): void => {
  const link = new NervesHubLink(
    {
      host: setting("host"),
      port: Number(setting("port")),
      roots: [bytes("ca")],
      auth: { productKey: setting("shared-key"), productSecret: setting("shared-secret") },
      features: [...some, ...rest],
      formats: chosen === "defaults" ? [new Delta()] : [],
    },
    platform,
  );
  startNetwork(platform, {}, () => link.start());
};

// Held by nothing else.
if (chosen === "platform") Object.assign(globalThis, { platform });
else start();
