/*
 * What the XS machine has taken so far, when it may only grow in small steps (manifest_heap.json): the most that was
 * needed at once.
 */

#include "xsAll.h"

/* test_heap_chunks(): bytes. */
void test_heap_chunks(txMachine *the)
{
	fxInteger(the, mxResult, the->maximumChunksSize);
}

/* test_heap_slots(): bytes; a slot is 32 of them here and 16 on an ESP32. */
void test_heap_slots(txMachine *the)
{
	fxInteger(the, mxResult, the->maximumHeapCount * (txSize)sizeof(txSlot));
}
