import { SeededRandom } from "../../../hosts/flash-model/seeded-random.js";
import { timeBounds } from "../../../modules/ota/build-time.js";
import { maxSntpDatagrams, SntpExchange, type SntpOutcome } from "../../../modules/sntp/exchange.js";
import { assert, describe, it } from "../../support/harness.js";
import { limit } from "../../support/limit.js";
import { ManualTimers } from "../../support/manual-timers.js";
import { ntpAnswer } from "../../support/ntp-answer.js";

const nowMs = Date.UTC(2040, 5, 1);
const server = "192.0.2.1";

/** A request to a server that the test is. */
function ask(failing: { open?: boolean; send?: boolean; resolve?: boolean } = {}) {
  const timers = new ManualTimers();
  const outcomes: SntpOutcome[] = [];
  const sent: { bytes: Uint8Array; address: string; port: number }[] = [];
  let sockets = 0;
  let resolved: (address: string | undefined) => void = () => {};
  let receive: (bytes: Uint8Array, address: string, port: number) => void = () => {};
  const make = () =>
    new SntpExchange({
      server: "time.example",
      resolve: (_, onResolved) => {
        if (failing.resolve) throw new Error("no memory");
        resolved = onResolved;
      },
      open: (onDatagram) => {
        if (failing.open) throw new Error("no socket");
        sockets++;
        receive = onDatagram;
        return {
          send: (bytes, address, port) => {
            if (failing.send) throw new Error("UDP send failed");
            sent.push({ bytes: bytes.slice(), address, port });
          },
          close: () => sockets--,
        };
      },
      timers,
      clock: { monotonic: () => timers.now },
      random: new SeededRandom(1),
      bounds: timeBounds(Date.UTC(2026, 0, 1)),
      onOutcome: (outcome) => outcomes.push(outcome),
    });
  return {
    make,
    timers,
    outcomes,
    sent,
    sockets: () => sockets,
    resolved: () => resolved(server),
    unknown: () => resolved(undefined),
    answer: (fields = {}, from = server, port = 123) =>
      receive(ntpAnswer(sent[0].bytes, { sentMs: nowMs, ...fields }), from, port),
  };
}

function whyOf(outcomes: SntpOutcome[]): string {
  assert.equal(outcomes.length, 1);
  const [outcome] = outcomes;
  return outcome.type === "failed" ? outcome.why : outcome.type;
}

describe("SNTP request", () => {
  it("adds half of the way to the server's time, and what the server held it for is not on the way", () => {
    const one = ask();
    one.make();
    one.resolved();
    assert.equal(one.sent[0].address, server);
    assert.equal(one.sent[0].port, 123);
    one.timers.advance(500);
    one.answer({ receivedMs: nowMs - 100 });
    assert.equal(one.outcomes.length, 1);
    const [outcome] = one.outcomes;
    assert.equal(outcome.type === "time" && Math.round(outcome.nowMs), nowMs + 200);
    assert.equal(one.sockets(), 0);
    assert.equal(one.timers.count, 0);
  });

  it("goes on waiting when somebody else answers, or knows not what was asked", () => {
    const one = ask();
    one.make();
    one.resolved();
    one.answer({ sentMs: nowMs + 9e9 }, "192.0.2.66");
    one.answer({ sentMs: nowMs + 9e9 }, server, 1123);
    one.answer({ sentMs: nowMs + 9e9, origin: new Uint8Array(8) });
    one.answer({ stratum: 0, referenceId: "DENY", origin: new Uint8Array(8) });
    assert.equal(one.outcomes.length, 0);
    one.answer();
    assert.equal(one.outcomes[0].type, "time");
  });

  it("hands on a kiss of death", () => {
    const one = ask();
    one.make();
    one.resolved();
    one.answer({ stratum: 0, leap: 3, referenceId: "RSTR" });
    assert.deepEqual(one.outcomes, [{ type: "kiss", code: "RSTR" }]);
  });

  it("fails with the reason for every server that is of no use", () => {
    const cases: [RegExp, (one: ReturnType<typeof ask>) => void][] = [
      [/not known/, (one) => one.unknown()],
      [/looked up in time/, (one) => one.timers.advance(15_000)],
      [
        /did not answer/,
        (one) => {
          one.resolved();
          one.timers.advance(5000);
        },
      ],
      [
        /does not know the time/,
        (one) => {
          one.resolved();
          one.answer({ leap: 3 });
        },
      ],
      [
        /times disagree/,
        (one) => {
          one.resolved();
          one.answer({ receivedMs: nowMs - 60_000 });
        },
      ],
    ];
    for (const [why, happen] of cases) {
      const one = ask();
      one.make();
      happen(one);
      assert.match(whyOf(one.outcomes), why);
      assert.equal(one.sockets(), 0);
      assert.equal(one.timers.count, 0);
    }
  });

  it("fails when there is no socket, or the network does not take the request", () => {
    for (const failing of [{ open: true }, { send: true }]) {
      const one = ask(failing);
      one.make();
      one.resolved();
      assert.match(whyOf(one.outcomes), /could not be asked/);
      assert.equal(one.sockets(), 0);
    }
  });

  it("leaves nothing behind when the name cannot even be asked for", () => {
    const one = ask({ resolve: true });
    assert.throws(one.make, (error) => error.message === "no memory");
    assert.equal(one.timers.count, 0);
  });

  limit("maxSntpDatagrams", "an answer behind so many others is heard, behind one more it is not awaited", () => {
    for (const others of [maxSntpDatagrams - 1, maxSntpDatagrams]) {
      const one = ask();
      one.make();
      one.resolved();
      for (let i = 0; i < others; i++) one.answer({}, "192.0.2.66");
      one.answer();
      if (others < maxSntpDatagrams) assert.equal(one.outcomes[0]?.type, "time");
      else assert.match(whyOf(one.outcomes), /floods/);
    }
  });

  it("says nothing after it was closed", () => {
    const one = ask();
    const request = one.make();
    one.resolved();
    request.close();
    one.answer();
    one.resolved();
    one.timers.advance(60_000);
    assert.equal(one.outcomes.length, 0);
    assert.equal(one.sockets(), 0);
  });
});
