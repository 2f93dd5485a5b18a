/*
 * Item 8 end to end on Node: the desk hub behind TLS, with file URLs over http.
 */

import { Hub } from "../../../tools/hub/hub.js";
import type { TimelineEntry } from "../../../tools/hub/timeline.js";
import { Workshop } from "../../support/certificates.js";
import { after, assert, before, describe, it } from "../../support/harness.js";
import { NodeLink, productSecret } from "../../support/node-link.js";
import { image, product } from "../../support/update-scene.js";

describe("item 8, against the desk hub: TLS to the hub and http: to the file", () => {
  const workshop = new Workshop();
  const identity = workshop.make();
  const tls = { key: identity.keyPem, cert: identity.certificatePem };
  const keys = [{ key: "nhp_desk", secret: productSecret }];

  after(() => workshop.remove());

  for (const checksums of [false, true]) {
    describe(checksums ? "with checksums" : "without checksums", () => {
      const hub = new Hub({ product, keys, tls, plainFiles: true, checksums });
      let device: NodeLink;

      /** Waits for the hub's timeline to say it. */
      const said = (kind: string, text: RegExp): Promise<void> =>
        new Promise((resolve) => {
          const is = (entry: TimelineEntry): boolean => entry.kind === kind && text.test(entry.text);
          hub.onEvent((entry) => is(entry) && resolve());
          if (hub.timeline.entries().some(is)) resolve();
        });

      before(async () => {
        hub.addImage(image("1.1.0", 2, 20_000), "next.bin");
        await hub.start();
        const roots = [identity.certificatePem];
        device = new NodeLink({ host: "localhost", port: hub.port, ssl: true, roots }).start();
      });
      after(async () => {
        device.stop();
        await hub.stop();
      });

      it(checksums ? "is installed" : "is put off, and the operator reads why", async () => {
        const end = checksums ? /^completed/ : /^rescheduled: .*make the server's file URL https/;
        await said("status", end);
        const downloads = hub.timeline.entries().filter(({ kind }) => kind === "download");
        assert.equal(downloads.length > 0, checksums);
      });
    });
  }
});
