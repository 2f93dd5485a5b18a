/*
 * loader: runs a `-p lin` product of Moddable (mc.so) without a display and ends with an exit status. A development
 * tool of this project, not part of any product; compiled on demand by loader.ts.
 *
 * The SDK's own simulator, mcsim, is a GTK program that loads mc.so, hands fxScreenLaunch a txScreen full of callbacks
 * and runs the GLib main loop. Timers and sockets hang on that loop, not on GTK. This file does the same without GTK,
 * so it is the same engine, the same library and the same loop, with no X server and with a status.
 *
 * usage: loader [-g] [-t SECONDS] path/to/mc.so
 *
 * -g collects garbage all the time, so that the counters of an instrumented build count live memory only.
 *
 * status: the program's own; 64 + reason when the engine gave up; 124 when SECONDS have passed, even inside an endless loop;
 * 128 + signal; 2 when mc.so cannot be run.
 *
 * A library may export `const char *xsWhere(void)`. Its text, which tells what the library was doing, is printed when the
 * program is stopped from outside.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <glib-unix.h>
#include <glib.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define mxLinux 1
#include "screen.h" /* $MODDABLE/build/simulators/modules */

/* In the order of XS's abort reasons (xsCommon.h). */
static const char *const reasons[] = {
	"stopped by the debugger",
	"out of memory",
	"JavaScript stack overflow: raise creation.stack, or recurse less",
	"fatal check: the machine's memory is damaged, suspect a native function",
	"dead strip: a built-in was called that no module of the build names",
	"unhandled exception",
	"no more keys: names from outside were used as property names",
	"too much computation",
	"unhandled promise rejection",
	"native stack overflow",
};

static GMainLoop *loop;
static int status = -1;
static guint idler;
static const char *(*where)(void);
static void (*collect)(void *machine);

static void finish(int code)
{
	if (status < 0) status = code;
	g_main_loop_quit(loop);
}

static void say(const char *what)
{
	const char *place = where ? where() : NULL;
	char line[512];
	int length = snprintf(line, sizeof line, "%s%s%s\n", what, place && *place ? ", in: " : "", place ? place : "");
	if (length > (int)sizeof line - 1) length = sizeof line - 1;
	(void)!write(STDERR_FILENO, line, length);
}

static void onAbort(txScreen *screen, int why)
{
	char line[128];
	(void)screen;
	fflush(stdout);
	snprintf(line, sizeof line, "the engine gave up: %s",
		(why >= 0) && (why < (int)(sizeof reasons / sizeof *reasons)) ? reasons[why] : "unknown reason");
	say(line);
	finish(64 + why);
}

static void onNothing(txScreen *screen) { (void)screen; }

static gboolean onTick(gpointer it)
{
	txScreen *screen = it;
	if (collect && screen->machine) collect(screen->machine);
	if (screen->idle) screen->idle(screen);
	return TRUE;
}

static void onStart(txScreen *screen, double interval)
{
	(void)interval;
	if (!idler) idler = g_timeout_add(16, onTick, screen);
}

static void onStop(txScreen *screen)
{
	(void)screen;
	if (idler) g_source_remove(idler);
	idler = 0;
}

/* screen.postMessage("exit:N") from JavaScript. */
static void onPost(txScreen *screen, char *message, int size)
{
	(void)screen;
	if (!size && !strncmp(message, "exit:", 5)) finish(atoi(message + 5));
}

static void onAlarm(int number)
{
	(void)number;
	say("the deadline has passed");
	_exit(124);
}

static gboolean onSignal(gpointer number)
{
	finish(128 + (int)(intptr_t)number);
	return FALSE;
}

int main(int argc, char **argv)
{
	unsigned seconds = 0;
	int i = 1, tight = 0;
	if ((i < argc) && !strcmp(argv[i], "-g")) {
		tight = 1;
		i++;
	}
	if ((i + 1 < argc) && !strcmp(argv[i], "-t")) {
		seconds = (unsigned)atoi(argv[i + 1]);
		i += 2;
	}
	if (i >= argc) {
		fprintf(stderr, "usage: loader [-g] [-t SECONDS] path/to/mc.so\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* The SDK's socket modules write to closed connections; ours never raise SIGPIPE. */
	signal(SIGPIPE, SIG_IGN);

	void *library = dlopen(argv[i], RTLD_NOW);
	txScreenLaunchProc launch = library ? (txScreenLaunchProc)dlsym(library, "fxScreenLaunch") : NULL;
	if (!launch) {
		fprintf(stderr, "%s\n", dlerror());
		return 2;
	}
	if (tight) collect = (void (*)(void *))dlsym(library, "fxCollectGarbage");
	where = (const char *(*)(void))dlsym(library, "xsWhere");

	loop = g_main_loop_new(NULL, FALSE);
	txScreen *screen = calloc(1, sizeof(txScreen) + 240 * 320 * screenBytesPerPixel);
	if (!screen) return 2;
	screen->abort = onAbort;
	screen->bufferChanged = onNothing;
	screen->formatChanged = onNothing;
	screen->post = onPost;
	screen->start = onStart;
	screen->stop = onStop;
	screen->width = 240;
	screen->height = 320;
	mxCreateMutex(&screen->workersMutex);

	if (seconds) {
		/* A program that restarts itself keeps the deadline of its first start: alarms outlive execv. */
		unsigned left = alarm(0);
		signal(SIGALRM, onAlarm);
		alarm(left && left < seconds ? left : seconds);
	}
	g_unix_signal_add(SIGINT, onSignal, (gpointer)(intptr_t)SIGINT);
	g_unix_signal_add(SIGTERM, onSignal, (gpointer)(intptr_t)SIGTERM);

	launch(screen);
	if (!screen->machine && (status < 0)) return 2;
	if (status < 0) g_main_loop_run(loop);
	fflush(stdout);
	_exit(status < 0 ? 0 : status);
}
