/*
 * `npm run bench`: every figure, one JSON object a line: {"name","value","unit","reference","ratio"}.
 */

import "./update.js";
import "./idle.js";
import "./delta.js";
