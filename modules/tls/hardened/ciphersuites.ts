/*
 * Replaces the SDK's `ssl/ciphersuites`: only suites with ephemeral keys and authenticated encryption are offered.
 *
 * The SDK also offers RSA key exchange, DHE and CBC, and puts them first. Erlang servers follow the client's order and
 * then pick DHE-RSA-CBC, with a 2048-bit exponentiation on the device and no way to authenticate the client.
 */

/// <reference path="../../../types/tls.d.ts" />

import sdk from "sdk/ssl/ciphersuites";

/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (RFC 5289). */
const wanted = [0xc02b, 0xc02f];

const suites = wanted.map((code) => sdk.find(({ value }) => ((value[0] << 8) | value[1]) === code));

if (suites.includes(undefined))
  throw new Error(
    'This Moddable SDK\'s module "ssl/ciphersuites" lacks an ECDHE AES-128-GCM suite: modules/tls/hardened has to be brought up to date (or mc/config has tls.ECDHE_RSA off).',
  );

export default Object.freeze(suites, true);
