/*
 * The module "nerveshub/features/geo": the position of the device.
 */

export { Geo, type PositionProvider } from "../src/features/geo/geo.js";
export { GeoIp } from "../src/features/geo/geoip.js";
export type { Position } from "../src/features/geo/position.js";
