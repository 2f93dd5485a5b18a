/*
 * An application as somebody would write it, with everything switched on that an operator can use: what `npm run sim` does
 * to it (tools/xs/uses) must not restart it. Settings come from the store, as in src/main.ts.
 */

import { createHost, NervesHubLink, startNetwork } from "nerveshub";

const host = createHost();
const bytes = (name: string): Uint8Array => host.store.get(name) ?? new Uint8Array(0);
const setting = (name: string): string => String.fromCharCode(...bytes(name));

const link = new NervesHubLink(
  {
    host: setting("host"),
    port: Number(setting("port")),
    roots: [bytes("ca")],
    auth: { productKey: setting("shared-key"), productSecret: setting("shared-secret") },
    console: true,
    localShell: true,
    commands: [
      { name: "say", usage: "[text]", help: "Says it again", run: ({ args }) => args.join(" ") },
      {
        name: "later",
        usage: "ms",
        help: "Says so after that many milliseconds",
        run: ({ args }) =>
          new Promise((resolve) => host.timers.set(() => resolve(`${args[0]} ms later`), Number(args[0]))),
      },
    ],
  },
  host,
);
startNetwork(host, {}, () => link.start());
