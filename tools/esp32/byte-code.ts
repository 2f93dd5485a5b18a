/*
 * Byte code: reads from the output of the SDK's compiler and linker the byte code size of a module, and whether it is
 * preloaded.
 *
 * An .xsb file is one atom "XS_B" that holds atoms "VERS", "SYMB", "CODE" and "HOST", each a 32-bit big-endian size (its
 * own 8 bytes included), a four-letter name and the content (xs/sources/xsScript.c, fxWriteScript).
 */

const ATOM_HEADER = 8;

/**
 * @param file content of an .xsb file
 * @returns bytes of its "CODE" atom's content
 * @throws Error for anything that is not an .xsb file
 */
export function byteCodeSize(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const name = (at: number) => String.fromCharCode(...file.subarray(at + 4, at + ATOM_HEADER));
  if (file.byteLength < ATOM_HEADER || name(0) !== "XS_B") throw new Error("not an .xsb file");
  for (let at = ATOM_HEADER; at + ATOM_HEADER <= file.byteLength; ) {
    const size = view.getUint32(at);
    if (size < ATOM_HEADER) break;
    if (name(at) === "CODE") return size - ATOM_HEADER;
    at += size;
  }
  throw new Error("an .xsb file without code");
}

/** Bytes of byte code of a module that has types only, so that there is nothing to preload. */
const EMPTY_MODULE = 19;

export interface LinkedModule {
  readonly name: string;
  /** Whether its body still has to run on the device, because it is not preloaded. */
  readonly runsOnDevice: boolean;
}

/**
 * @param linked the linker's mc.xs.c
 * @returns the modules of the image
 */
export function linkedModules(linked: string): LinkedModule[] {
  const start = linked.indexOf("gxScripts[mxScriptsCount] = {");
  if (start < 0) throw new Error("mc.xs.c has no table of scripts");
  const table = linked.slice(start, linked.indexOf("};", start));
  const lines = table.matchAll(/(?:\(txS1\*\)gxCode\d+|NULL), (\d+), \w+, \d+, "([^"]+)"/g);
  return [...lines].map(([, size, name]) => ({ name, runsOnDevice: Number(size) > EMPTY_MODULE }));
}
