/*
 * Every bound on what comes from outside, in one place, each with its reason. A peer that goes beyond one is in error;
 * the code that finds it says so in a Fault.
 */

/** Levels of brackets in JSON. The server's deepest message has 4; XS overflowed its stack at 1,000 (300 passed). */
export const jsonDepthLimit = 32;
