/*
 * The page that is served at `/`: one document with everything in it. What it may do stands in its Content-Security-Policy:
 * run its own script, and talk to this hub.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='%231f7a5c'/%3E%3Ccircle cx='8' cy='8' r='2.5' fill='white'/%3E%3C/svg%3E";

interface Document {
  readonly html: Buffer;
  readonly policy: string;
}

let made: Document | undefined;

/** @returns the page as `npm run build` has put it beside this file */
function page(): Document {
  const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
  const script = read("web.js").replaceAll("</script", "<\\/script");
  const style = read("web.css");
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Desk hub</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${icon}">
<style>${style}</style>
<body><noscript>The desk hub's page needs JavaScript. /api/devices shows the devices as JSON.</noscript>
<script type="module">${script}</script>
</html>
`;
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    // xterm.js and uPlot set styles of their own.
    "style-src 'unsafe-inline'",
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return { html: Buffer.from(html), policy };
}

export function sendPage(response: ServerResponse): void {
  made ??= page();
  response
    .writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-length": made.html.length,
      "content-security-policy": made.policy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    })
    .end(made.html);
}
