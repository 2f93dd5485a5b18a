/*
 * Layers: the ESP-IDF options of one device, merged from those of the target, of this package and of the application.
 *
 * mcconfig reads one folder and never merges two. It reads `sdkconfig.defaults`, in release builds then
 * `sdkconfig.defaults.release`, in instrumented ones then `sdkconfig.inst`, and the last line counts.
 *
 * The rule it guards: a later layer wins in every build that reads its line; options that it does not name stay as they were.
 */

import { withTodaysNames } from "./old-names.js";

/** In the order in which mcconfig reads them. */
export const fragmentFiles = Object.freeze(["sdkconfig.defaults", "sdkconfig.defaults.release", "sdkconfig.inst"]);

/** Options by name, of each of `fragmentFiles`. */
export type Layer = readonly ReadonlyMap<string, string>[];

/**
 * @param text text of a fragment. mcconfig ignores lines with "#" in front, also "# CONFIG_X is not set".
 * @returns the last value of each option, as written, under the name that it has today
 */
export function readFragment(text: string): Map<string, string> {
  const options = new Map<string, string>();
  for (const line of withTodaysNames(text).split(/[\r\n]+/)) {
    const set = /^(CONFIG_\w+)=(.*)$/.exec(line);
    if (set) options.set(set[1], set[2].trimEnd());
  }
  return options;
}

/** @param layers the strongest last */
export function mergeLayers(layers: readonly Layer[]): Layer {
  const stated = (layer: Layer, name: string, upTo: number) =>
    layer.slice(0, upTo + 1).some((fragment) => fragment.has(name));
  return fragmentFiles.map((_, file) => {
    const merged = new Map<string, string>();
    layers.forEach((layer, at) => {
      const later = layers.slice(at + 1);
      for (const [name, value] of layer[file]) {
        if (!later.some((stronger) => stated(stronger, name, file))) merged.set(name, value);
      }
    });
    return merged;
  });
}

/** The options of a release build. */
export function releaseOptions([defaults, release]: Layer): Map<string, string> {
  return new Map([...defaults, ...release]);
}
