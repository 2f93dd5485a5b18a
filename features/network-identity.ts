/*
 * The module "nerveshub/features/network-identity": as whom other networks know this device.
 */

export { NetworkIdentity, type NetworkIdentityEntry } from "../src/features/network-identity/network-identity.js";
