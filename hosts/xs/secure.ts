/*
 * The module "nerveshub/hosts/platform/secure" of a build with TLS.
 */

import type { Network } from "../../modules/platform/byte-stream.js";
import { SecureNetwork } from "../../modules/tls/secure-network.js";
import type { SecureEnvironment } from "../../modules/tls/secure-stream.js";

/** Makes the network of all connections, which remembers their TLS sessions. */
export const networkOver = (environment: Omit<SecureEnvironment, "cache">): Network => new SecureNetwork(environment);
