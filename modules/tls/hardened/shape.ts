/*
 * Shape: the functions that a wrapper expects in the SDK module that it wraps.
 *
 * The wrappers are preloaded, so this check runs while the app is being built: when a newer SDK has changed a module, the
 * build stops with a sentence, and no device runs without the protection. An app that includes the SDK's TLS before
 * modules/tls does not build either: the SDK's modules then keep their own names, and "sdk/ssl/handshake" is not found.
 */

/**
 * @param module the SDK module's name
 * @param value the export of that module
 * @param members names of functions that must be there; "a.b" is a member of a member
 * @throws Error, with a sentence for the developer, when one is missing
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
