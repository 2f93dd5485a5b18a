/*
 * How much an entry of the timeline matters, for whoever reads along: at the prompt and on the page. Log lines of devices
 * carry their level; everything else counts by its kind.
 */

export type Level = "error" | "warning" | "info" | "debug";

const failures = new Set(["refused", "crash", "defect", "protocol", "rejected", "idle", "lost"]);
/** What repeats often, and what goes without saying. */
const details = new Set(["progress", "download", "extensions", "connected", "interface", "health", "metrics", "geo"]);

/** @param entry of the timeline */
export function levelOf({ kind, text }: { readonly kind: string; readonly text: string }): Level {
  if (kind === "logging") {
    const level = text.split(":")[0];
    if (["emergency", "alert", "critical", "error"].includes(level)) return "error";
    if (level === "warning") return "warning";
    return level === "debug" || level === "info" ? "debug" : "info";
  }
  if (failures.has(kind) || /^failed\b/.test(text)) return "error";
  if (/^(rescheduled|ignored)\b/.test(text)) return "warning";
  return details.has(kind) || text === "attached" || text === "snapshot: 0 raised" ? "debug" : "info";
}
