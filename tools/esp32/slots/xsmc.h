/*
 * The part of XS in C that nh-slots.c uses, so that nh-slots.c runs without an engine: four arguments and a result.
 */

#include <stddef.h>
#include <stdint.h>

typedef struct {
	int integer;
	void *data;
	unsigned length;
} xsSlot;

typedef struct {
	xsSlot arguments[4];
	xsSlot result;
} xsMachine;

typedef unsigned xsUnsignedValue;

#define xsArg(INDEX) the->arguments[INDEX]
#define xsResult the->result
#define xsmcTest(SLOT) ((SLOT).integer)
#define xsmcToInteger(SLOT) ((SLOT).integer)
#define xsmcSetInteger(SLOT, VALUE) ((SLOT).integer = (VALUE))
#define xsmcSetBoolean(SLOT, VALUE) ((SLOT).integer = !!(VALUE))
#define xsmcSetString(SLOT, VALUE) ((SLOT).data = (VALUE))
#define xsmcGetBufferWritable(SLOT, DATA, LENGTH) (*(DATA) = (SLOT).data, *(LENGTH) = (SLOT).length)
#define xsmcGetBufferReadable(SLOT, DATA, LENGTH) (*(DATA) = (SLOT).data, *(LENGTH) = (SLOT).length)
