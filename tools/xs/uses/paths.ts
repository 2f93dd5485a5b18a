/*
 * Uses of a path that forgets a quiet connection: the device finds out at which interval its heartbeats keep it.
 */

import { ordinaryApp, type Use } from "../use.js";

const watchedMs = 10_000;

export const pathUses: readonly Use[] = [
  {
    name: "13.7: a path that forgets after 2.2 s, with heartbeats from 1 s to 4 s: the interval is learnt, and kept over a reconnect",
    app: ordinaryApp,
    forgetsMs: 2200,
    run: async (device) => {
      const learnt = () => device.lines.some((line) => line.includes("forgets a connection that is quiet"));
      const connected = () => device.lines.filter((line) => line.startsWith("hub: connected")).length;
      await device.until("the interval is learnt", learnt);
      await device.joined();
      device.operator.reconnect(device.identifier);
      await device.until("it is there again", () => connected() > 4);
      const before = connected();
      await new Promise((resume) => setTimeout(resume, watchedMs));
      // An interval that is not kept below 2.2 s loses four connections meanwhile; a machine that is busy may delay one beat.
      if (connected() > before + 1) throw new Error(`${connected() - before} connections in ${watchedMs / 1000} s`);
      await device.joined();
    },
  },
];
