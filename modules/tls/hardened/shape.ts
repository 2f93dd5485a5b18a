/*
 * What a wrapper expects of the SDK module that it wraps.
 *
 * The wrappers are preloaded, so this runs while the app is being built: with a newer SDK whose module has changed, the
 * build stops with a sentence, instead of a device that runs without the protection. An app that includes the SDK's TLS
 * before modules/tls does not build either: the SDK's files then have their own names and "sdk/ssl/handshake" is not found.
 */

/**
 * @param module the SDK module's name
 * @param value what it exports
 * @param members names of functions that must be there; "a.b" is a member of a member
 */
export const requireShape = (module: string, value: object, members: readonly string[]): void => {
  for (const path of members) {
    let at: unknown = value;
    for (const name of path.split(".")) at = (at as Record<string, unknown> | undefined)?.[name];
    if (typeof at !== "function")
      throw new Error(
        `This Moddable SDK's module "${module}" has no function "${path}" any more: modules/tls/hardened was written for SDK 8.2.3 and has to be brought up to date.`,
      );
  }
};
