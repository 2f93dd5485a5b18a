/*
 * An application that hands the agent texts which no server takes, wherever it takes text: tools/xs/uses/texts.ts looks at
 * what arrives. Strings of XS hold half a surrogate pair as one character, and U+0000 like any other.
 */

import { createHost, NervesHubLink, startNetwork } from "nerveshub";

const host = createHost();
const setting = (name: string): string => String.fromCharCode(...(host.store.get(name) ?? []));

const half = "\ud83d";
const bad = `${half}\0\ude00`;
let offers = 0;

const link = new NervesHubLink(
  {
    host: setting("host"),
    port: Number(setting("port")),
    roots: [host.store.get("ca") ?? new Uint8Array(0)],
    auth: { productKey: setting("shared-key"), productSecret: setting("shared-secret") },
    console: true,
    health: { metadata: () => ({ [`m${bad}`]: bad }) },
    components: () => ({
      assemblies: [
        {
          identifier: "board",
          components: [{ identifier: "relay", label: bad, actions: [{ identifier: "go", run: () => bad }] }],
        },
      ],
    }),
    commands: [
      { name: "say", usage: "[text]", help: "Says it again", run: ({ args }) => args.join(" ") },
      { name: "bad", help: bad, run: () => bad },
    ],
    client: {
      updateAvailable: () => (++offers === 1 ? { reschedule: 500, reason: "battery SN42\0" } : "ignore"),
    },
  },
  host,
);
link.alarms.raise("Battery", `3.1 V ${bad}`);
link.alarms.raise("Joined", `${half}\ude00`);
link.log("info", `${"x".repeat(1023)}😀`);
link.log("info", `${"y".repeat(1023)}${half}z`);
link.reportError(new Error(bad), { [bad]: bad });
startNetwork(host, {}, () => link.start());
