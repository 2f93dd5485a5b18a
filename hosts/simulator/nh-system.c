/*
 * The functions that the simulator's host needs of a POSIX system: entropy, a file as the device's flash, environment
 * variables, and a restart.
 */

#define _GNU_SOURCE
#include "xsmc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* nh_entropy(view): fills the view from the system's generator. XS's own Math.random and rng start alike in every run. */
void nh_entropy(xsMachine *the)
{
	void *into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &into, &size);
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, into, size);
	if (fd >= 0) close(fd);
	if (got != (ssize_t)size) xsUnknownError("no entropy from /dev/urandom");
}

/* nh_environment(name): the value, or undefined */
void nh_environment(xsMachine *the)
{
	char *value = getenv(xsmcToString(xsArg(0)));
	if (value) xsmcSetString(xsResult, value);
}

/* nh_file_open(path, size): a descriptor; a new file is filled with 0xFF up to `size`, as erased flash is */
void nh_file_open(xsMachine *the)
{
	char path[1024];
	static const uint8_t blank[4096] = { [0 ... 4095] = 0xFF };
	xsmcToStringBuffer(xsArg(0), path, sizeof path);
	off_t size = xsmcToInteger(xsArg(1));
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) xsUnknownError("cannot open %s: %s", path, strerror(errno));
	fchmod(fd, 0600); /* settings, signed URLs and keys are in it */
	off_t end = lseek(fd, 0, SEEK_END);
	while ((end >= 0) && (end < size)) {
		size_t piece = size - end < (off_t)sizeof blank ? (size_t)(size - end) : sizeof blank;
		ssize_t put = write(fd, blank, piece);
		end = put > 0 ? end + put : -1;
	}
	if (end < 0) {
		close(fd);
		xsUnknownError("cannot fill %s", path);
	}
	xsmcSetInteger(xsResult, fd);
}

/*
 * nh_file_passing(): path of a new file in memory. The descriptor stays open over nh_restart(), and NERVESHUB_FLASH in the
 * environment gives the path to the next start of the program.
 */
void nh_file_passing(xsMachine *the)
{
#if defined(__linux__)
	char path[64];
	int fd = memfd_create("nerveshub-flash", 0);
	if (fd < 0) xsUnknownError("no memory for the flash: %s", strerror(errno));
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	setenv("NERVESHUB_FLASH", path, 1);
	xsmcSetString(xsResult, path);
#else
	xsUnknownError("name a file for the flash in NERVESHUB_FLASH");
#endif
}

/* nh_file_read(fd, offset, view) */
void nh_file_read(xsMachine *the)
{
	void *into;
	xsUnsignedValue size;
	int fd = xsmcToInteger(xsArg(0));
	off_t offset = xsmcToInteger(xsArg(1));
	xsmcGetBufferWritable(xsArg(2), &into, &size);
	if (pread(fd, into, size, offset) != (ssize_t)size) xsUnknownError("cannot read the flash file");
}

/* nh_file_write(fd, offset, bytes) */
void nh_file_write(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	int fd = xsmcToInteger(xsArg(0));
	off_t offset = xsmcToInteger(xsArg(1));
	xsmcGetBufferReadable(xsArg(2), &bytes, &size);
	if (pwrite(fd, bytes, size, offset) != (ssize_t)size) xsUnknownError("cannot write the flash file");
}

/* nh_exit(status): prints everything that is buffered, and ends the program that runs the simulator. */
void nh_exit(xsMachine *the)
{
	fflush(NULL);
	_exit(xsmcToInteger(xsArg(0)));
}

/* nh_restart(): starts the same program with the same arguments anew, in the same process. Returns only on failure. */
void nh_restart(xsMachine *the)
{
#if defined(__linux__)
	static char line[65536];
	char *arguments[256];
	int count = 0;
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
	if (fd >= 0) close(fd);
	for (ssize_t at = 0; (at < size) && (count < 255); at += strlen(line + at) + 1) arguments[count++] = line + at;
	arguments[count] = NULL;
	fflush(NULL);
	setenv("NERVESHUB_RESET_REASON", "software", 1);
	if (count) execv("/proc/self/exe", arguments);
	xsUnknownError("cannot restart: %s", strerror(errno));
#else
	xsUnknownError("cannot restart on this system; end the simulator and start it again");
#endif
}
