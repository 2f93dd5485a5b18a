/*
 * The module "nerveshub/features/managed-updates": the device decides when to update.
 */

export {
  ManagedUpdates,
  type ManagedUpdatesOptions,
  type UpdateMode,
} from "../src/features/managed-updates/managed-updates.js";
