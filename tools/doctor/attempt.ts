/*
 * One login and join with the agent's own code: the same requests, redirects and diagnosis as on a device.
 */

import { nodeCrypto, nodeRandom } from "../../hosts/node/crypto.js";
import { NodeNetwork } from "../../hosts/node/network.js";
import { NodeTimers } from "../../hosts/node/timers.js";
import { Fault } from "../../modules/fault/fault.js";
import type { Clock } from "../../modules/host/clock.js";
import type { Store } from "../../modules/host/store.js";
import { earliestPlausibleMs } from "../../modules/limits/limits.js";
import { Destination } from "../../src/destination.js";
import { closeFault } from "../../src/diagnosis.js";
import type { Log } from "../../src/log.js";
import type { Settings } from "../../src/options.js";
import { deviceApiVersion, deviceNames, deviceTopic } from "../../src/protocol.js";
import { type Ended, Session } from "../../src/session.js";
import { WallClock } from "../../src/wall-clock.js";

/** How far it came. */
export interface Outcome {
  login: "accepted" | Fault;
  /** Undefined when the login failed. */
  join: "accepted" | Fault | undefined;
}

const emptyStore: Store = { get: () => undefined, set: () => undefined, delete: () => undefined };

/** @param clock of the device that is played; what it cannot know yet is learnt from a refusal, as there */
export function attempt(settings: Settings, clock: Clock, log: Log): Promise<Outcome> {
  const wallClock = new WallClock(clock, emptyStore, log, earliestPlausibleMs);
  const destination = new Destination({ settings, clock, crypto: nodeCrypto, wallClock, log });
  const timers = new NodeTimers((line) => log.error(line));
  const host = { network: new NodeNetwork(), timers, random: nodeRandom, crypto: nodeCrypto, clock };
  return new Promise((resolve) => {
    const connect = (): void => {
      const finish = (outcome: Outcome): void => {
        session.close(1000, "");
        resolve(outcome);
      };
      const session: Session = new Session({
        host,
        log,
        target: destination.target(),
        names: deviceNames,
        heartbeat: settings.heartbeat,
        heartbeatIntervalMs: settings.heartbeat.intervalMs,
        handlers: [
          {
            topic: deviceTopic,
            joinPayload: () => ({ device_api_version: deviceApiVersion }),
            joined: () => finish({ login: "accepted", join: "accepted" }),
            refused: (reason: string) => finish({ login: "accepted", join: refusedJoin(reason) }),
            message: () => undefined,
            left: () => undefined,
          },
        ],
        onJoined: () => undefined,
        onEnded: (ended) => {
          const outcome = outcomeOf(ended, destination);
          if (outcome === undefined) connect();
          else resolve(outcome);
        },
      });
    };
    connect();
  });
}

function refusedJoin(reason: string): Fault {
  return new Fault("join", "join-refused", `The server accepted the login and refused the join: ${reason}.`);
}

/** @returns undefined when a redirect is to be followed */
function outcomeOf(ended: Ended, destination: Destination): Outcome | undefined {
  if (ended.type === "refused") {
    const verdict = destination.refused(ended.refusal);
    return verdict === "redirected" ? undefined : { login: verdict.fault, join: undefined };
  }
  const { code, fault, upgraded } = ended;
  if (!upgraded) return { login: destination.explain(fault ?? closeFault(code)), join: undefined };
  return { login: "accepted", join: fault ?? closeFault(code) };
}
