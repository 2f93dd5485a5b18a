/*
 * The module "nerveshub/features/components": what the device is made of, with actions and modes for operators.
 */

export { Components, type Topology } from "../src/features/components/components.js";
