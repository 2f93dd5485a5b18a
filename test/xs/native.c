/*
 * What the suites need from the system on XS: files of test/fixtures, an exit status, and a place to remember which
 * test is running for the moment the engine gives up (loader.c prints it).
 */

#include "xsmc.h"

#include <stdio.h>
#include <time.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char where[256];

const char *xsWhere(void) { return where; }

void test_enter(xsMachine *the)
{
	xsmcToStringBuffer(xsArg(0), where, sizeof where);
}

void test_environment(xsMachine *the)
{
	char name[64];
	xsmcToStringBuffer(xsArg(0), name, sizeof name);
	char *value = getenv(name);
	if (value) xsmcSetString(xsResult, value);
}

/* test_file(path): the file's bytes as an ArrayBuffer. */
void test_file(xsMachine *the)
{
	char path[1024];
	xsmcToStringBuffer(xsArg(0), path, sizeof path);
	FILE *file = fopen(path, "rb");
	if (!file) xsUnknownError("no such file");
	fseek(file, 0, SEEK_END);
	long size = ftell(file);
	rewind(file);
	void *bytes = malloc(size ? size : 1);
	size_t got = bytes ? fread(bytes, 1, size, file) : 0;
	fclose(file);
	if (got != (size_t)size) {
		free(bytes);
		xsUnknownError("cannot read file");
	}
	xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)size);
	free(bytes);
}

void test_exit(xsMachine *the)
{
	fflush(NULL);
	_exit(xsmcToInteger(xsArg(0)));
}

/** Milliseconds of CPU that this process has used. */
void test_cpu(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)clock() * 1000 / CLOCKS_PER_SEC);
}

/* test_stack(): slots of the stack that are in use. */
void test_stack(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)(the->stackTop - the->stack));
}
