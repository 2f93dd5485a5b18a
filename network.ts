/*
 * The module "nerveshub/network": Wi-Fi and the time on an ESP32, for an application without a network of its own. It comes
 * with manifest_network.json. An application with a network of its own starts the link when that network is up.
 */

export { startNetwork } from "nerveshub/hosts/platform/network";
