/*
 * The module "nerveshub/hosts/platform/secure" of a build without TLS, for a hub in a network of its own. Options that need
 * TLS are refused by name when the link is made.
 */

import type { Network } from "../../modules/platform/byte-stream.js";

export const networkOver = ({ network }: { network: Network; [others: string]: unknown }): Network => network;
