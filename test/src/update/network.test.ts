/*
 * The download against everything a link and a store can do: cut after every chunk and every byte, silence, damage,
 * truncation, ranges ignored or wrong, files swapped, URLs expired.
 */

import { sealImage } from "../../../hosts/flash-model/seal-image.js";
import type { Answer } from "../../support/file-server.js";
import { assert, crypto, describe, fixture, it, report, stride } from "../../support/harness.js";
import { image, type SceneOptions, sha256, UpdateScene } from "../../support/update-scene.js";
import type { Break } from "../../support/virtual-network.js";

const hour = 3600000;
const before = image("1.0.0", 1, 4096);
const after = image("1.1.0", 2, 6144);
/** For a cut at every byte. */
const small = image("1.1.0", 4, 1536);
/** One part and a piece of the next. */
const large = image("1.1.0", 3, 1048576 + 65536);

function tail(scene: UpdateScene, what: string): string {
  return `${what}\n${scene.device.lines.slice(-25).join("\n")}`;
}

async function update(
  options: SceneOptions,
  answer: UpdateScene["files"]["answer"],
  what: string,
): Promise<UpdateScene> {
  const scene = new UpdateScene(options);
  scene.files.answer = answer;
  scene.device.powerOn();
  const done = await scene.run(() => scene.updated, 24 * hour);
  assert.ok(done, tail(scene, `${what}: not updated`));
  assert.deepEqual(scene.hub.crashes, [], tail(scene, what));
  return scene;
}

function first(answer: Answer): UpdateScene["files"]["answer"] {
  return ({ number }) => (number === 1 ? answer : undefined);
}

/** The word that ended the update, or undefined. */
async function ending(scene: UpdateScene): Promise<{ status: unknown; reason: unknown } | undefined> {
  const last = () =>
    scene.hub.reports.find(({ payload }) => ["failed", "rescheduled", "ignored"].includes(String(payload["status"])));
  scene.device.powerOn();
  await scene.run(() => last() !== undefined, 2 * hour);
  const { status, reason } = last()?.payload ?? {};
  return status === undefined ? undefined : { status, reason };
}

describe("update: network faults", () => {
  for (const breakAs of ["end", "reset", "silence"] satisfies Break[]) {
    it(`a connection that breaks off after any byte (${breakAs}) is resumed where it was`, async () => {
      let cuts = 0;
      for (let cutAfter = 0; cutAfter < small.byteLength; cutAfter += stride * (breakAs === "reset" ? 1 : 7)) {
        const scene = await update(
          { before, after: small },
          first({ cutAfter, breakAs }),
          `${breakAs} after ${cutAfter} bytes`,
        );
        assert.equal(scene.files.served, small.byteLength, `${breakAs} after ${cutAfter}`);
        cuts++;
      }
      report(`${cuts} connections cut (${breakAs}), ${cuts} resumed at the very byte`);
    });
  }

  it("a delta that the real server made is resumed after a cut at any of its bytes", async () => {
    const source = fixture("transcripts/fixtures/app-1.0.0.bin");
    const target = fixture("transcripts/fixtures/app-1.1.0.bin");
    const patch = fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch");
    for (let cutAfter = 0; cutAfter <= patch.byteLength; cutAfter += stride) {
      const answer = cutAfter < patch.byteLength ? { cutAfter } : {};
      const scene = await update(
        { before: source, after: target, file: patch },
        first(answer),
        `patch cut after ${cutAfter}`,
      );
      assert.equal(scene.files.served, patch.byteLength);
      const running = new Uint8Array(target.byteLength);
      scene.device.platform?.slots.running.read(0, running);
      assert.equal(sha256(running), sha256(target));
    }
    const cuts = Math.ceil(patch.byteLength / stride);
    report(`${cuts} cuts of a recorded delta, ${cuts} resumed, every rebuilt byte right`);
  });

  it("a delta for another image than the running one fails with what to do about it", async () => {
    const target = fixture("transcripts/fixtures/app-1.1.0.bin");
    const other = fixture("transcripts/fixtures/app-1.0.0.bin").slice();
    other[200] ^= 1;
    sealImage(other, crypto);
    const file = fixture("transcripts/fixtures/delta-1.0.0-1.1.0.patch");
    const scene = new UpdateScene({ before: other, after: target, file });
    const end = await ending(scene);
    assert.equal(end?.status, "failed");
    assert.match(String(end?.reason), /flash the uploaded file once, or switch deltas off/);
    assert.equal(scene.version, "1.0.0");
  });

  it("a link that gives only a few bytes a connection finishes all the same", async () => {
    const scene = await update({ before, after }, () => ({ cutAfter: 100 }), "100 bytes a connection");
    assert.equal(scene.files.served, after.byteLength);
    assert.ok(scene.files.requests >= after.byteLength / 100);
  });

  it("a byte changed anywhere is found where its part ends, and the part is fetched again alone", async () => {
    let spoilt = 0;
    for (let at = 0; at < after.byteLength; at += 97 * stride) {
      const spoil = (body: Uint8Array, from: number): Uint8Array => {
        if (at >= from) body[at - from] ^= 0x10;
        return body;
      };
      const scene = await update({ before, after }, first({ spoil }), `byte ${at} changed`);
      assert.ok(scene.files.requests <= 3, tail(scene, `byte ${at}`));
      spoilt++;
    }
    report(`${spoilt} damaged downloads, ${spoilt} mended`);
  });

  it("damage in the second part does not cost the first one again", async () => {
    const spoil = (body: Uint8Array, from: number): Uint8Array => {
      body[1048576 + 500 - from] ^= 1;
      return body;
    };
    const scene = await update({ before, after: large }, first({ spoil }), "second part damaged");
    assert.equal(scene.files.served, large.byteLength + 65536);
  });

  it("a part that stays damaged ends the update as failed, and nothing is activated", async () => {
    const scene = new UpdateScene({ before, after });
    scene.files.answer = () => ({
      spoil: (body) => {
        body[5000] ^= 1;
        return body;
      },
    });
    const end = await ending(scene);
    assert.equal(end?.status, "failed");
    assert.equal(scene.version, "1.0.0");
    assert.equal(scene.files.requests, 4);
  });

  it("without part checksums, damage is found in flash and never activated", async () => {
    const scene = new UpdateScene({ before, after, message: { partials_checksums: null } });
    scene.files.answer = () => ({
      spoil: (body) => {
        body[5000] ^= 1;
        return body;
      },
    });
    const end = await ending(scene);
    assert.equal(end?.status, "failed");
    assert.equal(scene.version, "1.0.0");
  });

  it("a server that ignores ranges makes the download start over, not go wrong", async () => {
    const answer: UpdateScene["files"]["answer"] = ({ number }) =>
      number === 1 ? { cutAfter: 4500 } : { ignoreRange: true };
    const scene = await update({ before, after }, answer, "ranges ignored");
    assert.equal(scene.files.served, 4500 + after.byteLength);
  });

  it("a 206 with another range than asked for is not appended", async () => {
    const answer: UpdateScene["files"]["answer"] = ({ number }) => {
      if (number === 1) return { cutAfter: 4500 };
      return number === 2 ? { wrongRange: true } : undefined;
    };
    await update({ before, after }, answer, "wrong range");
  });

  it("a file swapped under the URL never mixes with the old bytes", async () => {
    const scene = new UpdateScene({ before, after });
    scene.files.answer = ({ number }) => {
      if (number === 2) {
        scene.files.etag = '"two"';
        scene.files.file = image("1.1.0", 9, after.byteLength);
      }
      return number === 1 ? { cutAfter: 4500 } : undefined;
    };
    const end = await ending(scene);
    assert.equal(end?.status, "failed");
    assert.equal(scene.version, "1.0.0");
  });

  for (const status of [408, 429, 500, 502, 503]) {
    it(`a ${status} is asked again`, async () => {
      const scene = await update({ before, after }, first({ status }), `status ${status}`);
      assert.equal(scene.files.requests, 2);
    });
  }

  for (const headers of [
    ["retry-after: 70\r\n"],
    ["date: Sat, 21 Nov 2026 18:48:52 GMT\r\n", "retry-after: Sat, 21 Nov 2026 18:50:02 GMT\r\n"],
  ]) {
    it(`waits as long as ${headers[headers.length - 1].trim()} asks, within reason`, async () => {
      const scene = new UpdateScene({ before, after });
      const asked: number[] = [];
      scene.files.answer = ({ number }) => {
        asked.push(scene.timers.now);
        return number === 1 ? { status: 503, headers } : undefined;
      };
      scene.device.powerOn();
      assert.ok(await scene.run(() => scene.updated, hour));
      assert.ok(asked[1] - asked[0] >= 70000, `${asked[1] - asked[0]} ms`);
    });
  }

  for (const status of [403, 404]) {
    it(`a ${status} ends the attempt as rescheduled, and the next offer's URL works`, async () => {
      const scene = await update({ before, after }, first({ status }), `status ${status}`);
      assert.equal(scene.hub.offers, 2);
    });
  }

  it("a URL that expires mid-way is continued with the next offer's, without the old bytes again", async () => {
    const answer: UpdateScene["files"]["answer"] = ({ number }) => {
      if (number === 1) return { cutAfter: 500000 };
      return number === 2 ? { status: 403 } : undefined;
    };
    const scene = await update({ before, after: large }, answer, "expired mid-way");
    assert.ok(scene.files.served < large.byteLength + 131072 + 65536, `${scene.files.served} bytes`);
  });

  it("a range beyond the end that is answered 500 starts over", async () => {
    const answer: UpdateScene["files"]["answer"] = ({ number, from }) => {
      if (number === 1) return { cutAfter: 4500 };
      return from !== undefined && number < 4 ? { status: 500 } : undefined;
    };
    await update({ before, after }, answer, "500 to a range");
  });

  it("a file longer than announced is put off: something else may have answered", async () => {
    const scene = new UpdateScene({ before, after, message: { size: after.byteLength - 16 } });
    const end = await ending(scene);
    assert.equal(end?.status, "rescheduled");
  });

  it("a file shorter than announced is put off as well", async () => {
    const scene = new UpdateScene({ before, after, message: { size: after.byteLength + 16 } });
    const end = await ending(scene);
    assert.equal(end?.status, "rescheduled");
  });

  it("a server without size and checksums (2.4.0) is still served safely", async () => {
    const options = { before, after, message: { size: null, checksum: null, partials_checksums: null } };
    const scene = await update(options, () => undefined, "no size, no checksums");
    assert.equal(scene.files.served, after.byteLength);
  });

  it("an outage of half an hour costs no second offer: the download waits for the network", async () => {
    const scene = new UpdateScene({ before, after });
    let down = false;
    scene.files.answer = ({ number }) => {
      if (number === 1) {
        down = true;
        scene.hub.reachable = false;
        scene.hub.drop();
        return { cutAfter: 4500 };
      }
      return down ? { cutAfter: 0 } : undefined;
    };
    scene.device.powerOn();
    await scene.run(() => false, hour / 2);
    assert.equal(scene.version, "1.0.0");
    down = false;
    scene.hub.reachable = true;
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene, "not updated"));
    assert.equal(scene.hub.offers, 1, tail(scene, "offered again"));
    assert.equal(scene.files.served, after.byteLength);
  });

  it("the download goes on while the hub is away, and the rejoin says what is being downloaded", async () => {
    const scene = new UpdateScene({ before, after });
    scene.files.answer = ({ number }) => {
      if (number > 1) return undefined;
      scene.hub.drop();
      return { cutAfter: 4500 };
    };
    scene.device.powerOn();
    assert.ok(await scene.run(() => scene.updated, hour), tail(scene, "not updated"));
    const { uuid } = scene.hub;
    assert.equal(scene.hub.joins[1]["currently_downloading_uuid"], uuid);
    assert.equal(scene.hub.offers, 1);
  });
});
