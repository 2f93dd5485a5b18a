/*
 * The state of the update, in words for an operator.
 */

import type { Core } from "../feature.js";

/** @returns a sentence without a full stop */
export const updateState = ({ update }: Core): string =>
  update.busy ? `Updating to ${update.currentlyDownloading ?? "new firmware"}` : "No update is running";
