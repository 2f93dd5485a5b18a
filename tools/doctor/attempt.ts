/*
 * One login with the agent's own code, and where it is asked for one join: the same requests, redirects and diagnosis as
 * on a device.
 *
 * The rule it guards: who only looks does not join. A join changes the device's record on the server.
 */

import { nodeCrypto, nodeRandom } from "../../hosts/node/crypto.js";
import { NodeNetwork } from "../../hosts/node/network.js";
import { NodeTimers } from "../../hosts/node/timers.js";
import { Fault } from "../../modules/fault/fault.js";
import { Heartbeat } from "../../modules/phoenix/heartbeat.js";
import { type Clock, earliestPlausibleMs } from "../../modules/platform/clock.js";
import type { Store } from "../../modules/platform/store.js";
import { type Closed, type UpgradeRefusal, WebSocketClient } from "../../modules/websocket/websocket.js";
import { Destination } from "../../src/connection/destination.js";
import { closeFault } from "../../src/connection/diagnosis.js";
import { type Ended, Session } from "../../src/connection/session.js";
import type { SessionPlatform } from "../../src/connection/session-platform.js";
import { WallClock } from "../../src/connection/wall-clock.js";
import type { Log } from "../../src/log/log.js";
import type { Settings } from "../../src/options.js";
import { deviceNames, deviceTopic } from "../../src/protocol.js";

/** How far it came. */
export interface Outcome {
  login: "accepted" | Fault;
  /** Undefined when the login failed, or no join was asked for. */
  join: "accepted" | Fault | undefined;
}

const emptyStore: Store = { get: () => undefined, set: () => undefined, delete: () => undefined };

/** As long as a device waits (src/connection/session.ts). */
const patience = { connectTimeoutMs: 30_000, upgradeTimeoutMs: 30_000, closeTimeoutMs: 2000 };

/** One connection; `ended` says undefined when a redirect is to be followed. */
type Connection = (
  platform: SessionPlatform,
  destination: Destination,
  ended: (outcome: Outcome | undefined) => void,
) => void;

/**
 * @param clock of the device that is played; what it cannot know yet is learnt from a refusal, as there
 * @param join payload of the device topic's join; undefined to stop at the login
 */
export function attempt(settings: Settings, clock: Clock, log: Log, join: object | undefined): Promise<Outcome> {
  const wallClock = new WallClock(clock, emptyStore, log, earliestPlausibleMs);
  const destination = new Destination({ settings, clock, crypto: nodeCrypto, wallClock, log });
  const timers = new NodeTimers((line) => log.error(line));
  const host = { network: new NodeNetwork(), timers, random: nodeRandom, crypto: nodeCrypto, clock };
  const connection = join === undefined ? login : joining(settings, log, join);
  return new Promise((resolve) => {
    const connect = (): void =>
      connection(host, destination, (outcome) => (outcome === undefined ? connect() : resolve(outcome)));
    connect();
  });
}

/** The upgrade and nothing behind it: no frame of ours but the close. */
function login(
  platform: SessionPlatform,
  destination: Destination,
  ended: (outcome: Outcome | undefined) => void,
): void {
  const socket: WebSocketClient = new WebSocketClient(
    { ...platform, ...destination.endpoint(), ...patience },
    {
      opened: (headers) => {
        destination.opened(headers);
        socket.close(1000, "");
        ended({ login: "accepted", join: undefined });
      },
      text: () => undefined,
      binary: () => undefined,
      refused: (refusal) => ended(refused(refusal, destination)),
      closed: (closed) => ended(unopened(closed, destination)),
    },
  );
}

function joining(settings: Settings, log: Log, payload: object): Connection {
  return (platform, destination, ended) => {
    const finish = (join: "accepted" | Fault): void => {
      session.close(1000, "");
      ended({ login: "accepted", join });
    };
    const session: Session = new Session({
      platform,
      log,
      endpoint: destination.endpoint(),
      names: deviceNames,
      heartbeat: new Heartbeat(settings.heartbeat, platform.clock.monotonic()),
      handlers: [
        {
          topic: deviceTopic,
          joinPayload: () => payload,
          joined: () => finish("accepted"),
          refused: (reason: string) => finish(refusedJoin(reason)),
          message: () => undefined,
          left: () => undefined,
        },
      ],
      listener: {
        opened: (headers) => destination.opened(headers),
        joined: () => undefined,
        ended: (end) => ended(outcomeOf(end, destination)),
      },
    });
  };
}

function refusedJoin(reason: string): Fault {
  return new Fault("join", "join-refused", `The server accepted the login and refused the join: ${reason}.`);
}

/** @returns undefined when a redirect is to be followed */
function refused(refusal: UpgradeRefusal, destination: Destination): Outcome | undefined {
  const verdict = destination.refused(refusal);
  return verdict === "redirected" ? undefined : { login: verdict.fault, join: undefined };
}

function unopened(
  { code, reason, fault }: Pick<Closed, "code" | "reason" | "fault">,
  destination: Destination,
): Outcome {
  return { login: destination.explain(fault ?? closeFault(code, reason)), join: undefined };
}

/** @returns undefined when a redirect is to be followed */
function outcomeOf(ended: Ended, destination: Destination): Outcome | undefined {
  if (ended.type === "refused") return refused(ended.refusal, destination);
  if (!ended.upgraded) return unopened(ended, destination);
  return { login: "accepted", join: ended.fault ?? closeFault(ended.code, ended.reason) };
}
