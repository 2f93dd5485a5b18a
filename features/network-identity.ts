/*
 * The module "nerveshub/features/network-identity": the names by which other networks know this device.
 */

export { NetworkIdentity, type NetworkIdentityEntry } from "../src/features/network-identity/network-identity.js";
