/*
 * The URL of a request, whatever a stranger put into its first line: a target that is no path counts as "/".
 */

import type { IncomingMessage } from "node:http";

export function requestUrl(request: IncomingMessage): URL {
  const target = request.url ?? "/";
  return new URL(`http://hub${target.startsWith("/") ? target : "/"}`);
}
