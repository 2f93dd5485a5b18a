/*
 * What a newcomer reads when the hub has started: where it is, the key, and the lines that connect a device to it.
 */

import type { Hub } from "./hub.js";

interface Credentials {
  readonly key: string;
  readonly secret: string;
  readonly firmwareDir: string;
}

export function howToConnect(hub: Hub, { key, secret, firmwareDir }: Credentials): string {
  const { listen, product, tls } = hub.settings;
  const host = listen === "0.0.0.0" || listen === "::" ? "<this machine's address>" : listen;
  const ssl = tls !== undefined;
  return `
Desk hub for product "${product}"
  host ${host}   port ${hub.port}   ${ssl ? "TLS" : "no TLS"}
  product key     ${key}
  product secret  ${secret}
  images          drop ESP-IDF .bin files into ${firmwareDir}
  JSON endpoint   ${ssl ? "https" : "http"}://127.0.0.1:${hub.port}/api/devices

A device on Node:
  NERVESHUB_PRODUCT_SECRET='${secret}' npm run device -- --host ${host} --port ${hub.port}${ssl ? "" : " --no-ssl"} \\
    --product-key '${key}' --identifier desk-01 --data ./device-01 --product ${product}

The app in the Moddable simulator:
  mcconfig -m -p lin host=${host} port=${hub.port} ssl=${ssl} product-key='${key}' product-secret='${secret}'

Type "help" for what the hub can do.
`;
}
