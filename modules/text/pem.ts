/*
 * PEM (RFC 7468): text armour around DER. The DER inside is not read here.
 */

import { fromBase64 } from "./base64.js";

export interface PemBlock {
  /** "CERTIFICATE", "PRIVATE KEY", "EC PRIVATE KEY", … */
  label: string;
  der: Uint8Array;
}

/**
 * @returns the blocks in their order, without the text between them; undefined when a block is not closed or not base64
 */
export const parsePem = (text: string): PemBlock[] | undefined => {
  const blocks: PemBlock[] = [];
  let label: string | undefined;
  let body: string[] = [];
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed.startsWith("-----BEGIN ") && trimmed.endsWith("-----")) {
      if (label !== undefined) return undefined;
      label = trimmed.slice(11, -5);
      body = [];
    } else if (trimmed.startsWith("-----END ")) {
      const der = label === trimmed.slice(9, -5) ? fromBase64(body.join("")) : undefined;
      if (label === undefined || der === undefined) return undefined;
      blocks.push({ label, der });
      label = undefined;
    } else if (label !== undefined) {
      body.push(trimmed);
    }
  }
  return label === undefined ? blocks : undefined;
};
