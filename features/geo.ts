/*
 * The module "nerveshub/features/geo": where the device is.
 */

export { Geo, type PositionProvider } from "../src/features/geo/geo.js";
export { GeoIp } from "../src/features/geo/geoip.js";
export type { Position } from "../src/features/geo/position.js";
