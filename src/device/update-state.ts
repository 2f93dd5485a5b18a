/*
 * What an update is about, in words for an operator.
 */

import type { Core } from "../feature.js";

/** For people, without a full stop. */
export const updateState = ({ update }: Core): string =>
  update.busy ? `Updating to ${update.currentlyDownloading ?? "new firmware"}` : "No update is running";
