/*
 * The module "nerveshub/features/server-keys": the public keys that the server names.
 */

export { ServerKeys } from "../src/features/server-keys/server-keys.js";
