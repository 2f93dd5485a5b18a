/*
 * The memory that the XS machine uses, in release builds too (the SDK's instrumentation exists in debug and `-i` builds
 * only).
 *
 * This file reads the machine's own structure and so includes xsAll.h, which does not go together with xsmc.h. The numbers
 * of chunks and slots include garbage that was not collected yet.
 */

#include "xsAll.h"

/* nh_machine_chunks(): bytes of chunks (strings, buffers, BigInts, byte vectors) in use. */
void nh_machine_chunks(txMachine *the)
{
	fxInteger(the, mxResult, the->currentChunksSize);
}

/* nh_machine_slots(): bytes of slots (values, properties, closures) in use. */
void nh_machine_slots(txMachine *the)
{
	fxInteger(the, mxResult, the->currentHeapCount * (txSize)sizeof(txSlot));
}

/* nh_machine_stack_peak(): most stack slots used so far; undefined in builds that do not record it. */
void nh_machine_stack_peak(txMachine *the)
{
#ifdef mxInstrument
	fxInteger(the, mxResult, (txInteger)(the->stackTop - the->stackPeak));
#endif
}
