/*
 * What `import ... from "nerves-hub-link-moddable"` is for mcpack: the module "nerveshub" of dist/manifest_link.json, which
 * package.json brings. mcpack follows imports, and would leave everything it finds that way out of the preload; it stops at
 * a name that a manifest provides. The same for the network and the features is made into dist/mcpack (tools/xs/package.ts).
 */

export { createPlatform, NervesHubLink } from "moddable:nerveshub";
