/*
 * The module "nerveshub/hosts/platform/platform" of an ESP32. Its import goes through the folder's name, since modules are
 * found by the name of the importing module.
 */

<<<<<<< HEAD
=======

import type { Host } from "../../modules/host/host.js";
import { runningTimeBounds } from "../esp32/running-build.js";
import { Uplink } from "../esp32/uplink.js";

>>>>>>> wt-listen

export { createHost } from "../esp32/host.js";
