/*
 * TCP on Linux, with the interface of ECMA-419 (read, write, close, onReadable, onWritable, onError), on the GLib loop that
 * the simulator and our headless loader run.
 *
 * It replaces the SDK's Linux module, which polls 1,536 bytes every 20 ms (73 KB/s), loses the rest of a short write, dies
 * of SIGPIPE and never reports a failed write. Here events drive everything: an idle socket costs nothing.
 *
 * The rules it guards: no callback is called from inside a call of the user; no exception leaves a callback; onError is
 * called once, after all bytes that were received before it have been read; no callback is called after close(), which is
 * safe anywhere.
 */

#include "xsmc.h"
#include "mc.xs.h" /* xsID_ values */
#include "modInstrumentation.h"
#include "builtinCommon.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One TLS record. At most this much is read ahead of a user who does not read; then the peer's window closes. */
#define BUFFER_SIZE 16384

typedef struct {
	uint8_t bytes[BUFFER_SIZE];
	uint32_t start;
	uint32_t count;
} Buffer;

typedef struct {
	xsMachine *the;
	xsSlot obj;
	xsSlot *onReadable;
	xsSlot *onWritable;
	xsSlot *onError;
	int fd;
	guint watch;            /* GLib source on fd, for `watched` */
	GIOCondition watched;
	guint failing;          /* GLib source that will report the end */
	int uses;               /* references: the user's object, and every running callback */
	uint8_t connected;
	uint8_t closed;         /* by the user, or collected */
	uint8_t ended;          /* by the peer or an error; reported once all was read */
	uint8_t nodelay;
	int error;              /* errno that an open connection failed with; 0: the peer has closed it */
	uint16_t port;
	char *addresses;        /* the addresses, separated by spaces; `next` is the first that was not tried yet */
	char *next;
	Buffer in;
	Buffer out;
} TCPRecord, *TCP;

static void update(TCP tcp);
static void markTCP(xsMachine *the, void *it, xsMarkRoot markRoot);
void nh_tcp_destructor(void *it);

static const xsHostHooks hooks = { nh_tcp_destructor, markTCP, NULL };

static void release(TCP tcp)
{
	if (--tcp->uses > 0) return;
	free(tcp->addresses);
	free(tcp);
}

static void stop(TCP tcp)
{
	if (tcp->watch) g_source_remove(tcp->watch);
	if (tcp->failing) g_source_remove(tcp->failing);
	tcp->watch = tcp->failing = 0;
	tcp->watched = 0;
	if (tcp->fd >= 0) {
		close(tcp->fd);
		modInstrumentationAdjust(NetworkSockets, -1);
	}
	tcp->fd = -1;
}

/* Starts connecting to the next usable address. Returns 0 when there is none. */
static int connectNext(TCP tcp)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	char port[8];
	snprintf(port, sizeof port, "%d", tcp->port);
	stop(tcp);
	for (char *address; (address = strsep(&tcp->next, " ")); ) {
		struct addrinfo *found;
		if (getaddrinfo(address, port, &hints, &found)) continue;
		int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		int value = tcp->nodelay;
		int failed = (fd < 0) || (connect(fd, found->ai_addr, found->ai_addrlen) && (errno != EINPROGRESS));
		freeaddrinfo(found);
		if (failed) {
			if (fd >= 0) close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
		modInstrumentationAdjust(NetworkSockets, +1);
		tcp->fd = fd;
		return 1;
	}
	return 0;
}

/* Calls a callback of the user, which may close the socket: the caller holds a use. */
static void call(TCP tcp, xsSlot *callback, uint32_t count)
{
	xsMachine *the = tcp->the;
	if (!callback || tcp->closed) return;
	xsBeginHost(the);
	{
		xsTry {
			xsmcSetInteger(xsResult, count);
			xsCallFunction1(xsReference(callback), tcp->obj, xsResult);
		}
		xsCatch {
			xsTrace("a TCP callback threw; the connection goes on\n");
		}
	}
	xsEndHost(the);
}

static gboolean onEnd(gpointer it)
{
	TCP tcp = it;
	xsMachine *the = tcp->the;
	tcp->failing = 0;
	if (!tcp->onError || tcp->closed) return G_SOURCE_REMOVE;
	tcp->uses++;
	xsBeginHost(the);
	{
		xsTry {
			if ((tcp->error == ECONNRESET) || (tcp->error == EPIPE)) xsmcSetString(xsResult, "reset");
			else if (tcp->error) xsmcSetString(xsResult, strerror(tcp->error));
			xsCallFunction1(xsReference(tcp->onError), tcp->obj, xsResult);
		}
		xsCatch {
			xsTrace("a TCP callback threw\n");
		}
	}
	xsEndHost(the);
	release(tcp);
	return G_SOURCE_REMOVE;
}

/* Ends the connection. The user is told in a turn of its own, once all received bytes were read. */
static void end(TCP tcp)
{
	tcp->ended = 1;
	tcp->out.count = 0;
	if (!tcp->in.count && !tcp->failing && !tcp->closed) {
		tcp->failing = g_idle_add_full(G_PRIORITY_DEFAULT, onEnd, tcp, NULL);
	}
	update(tcp);
}

/* Whether a failed call is only to be tried again; otherwise keeps its errno. */
static int survives(TCP tcp)
{
	if ((errno == EAGAIN) || (errno == EINTR)) return 1;
	tcp->error = errno;
	return 0;
}

/* Sends the waiting bytes. Returns 0 when the connection has failed. */
static int flush(TCP tcp)
{
	Buffer *out = &tcp->out;
	while (out->count) {
		ssize_t sent = send(tcp->fd, out->bytes + out->start, out->count, MSG_NOSIGNAL);
		if (sent < 0) return survives(tcp);
		modInstrumentationAdjust(NetworkBytesWritten, sent);
		out->start += sent;
		out->count -= sent;
	}
	out->start = 0;
	return 1;
}

/* Reads until the buffer is full or nothing is there. Returns 0 when the connection has ended. */
static int fill(TCP tcp)
{
	Buffer *in = &tcp->in;
	if (in->start) memmove(in->bytes, in->bytes + in->start, in->count);
	in->start = 0;
	while (in->count < BUFFER_SIZE) {
		ssize_t got = recv(tcp->fd, in->bytes + in->count, BUFFER_SIZE - in->count, 0);
		if (!got) return 0;
		if (got < 0) return survives(tcp);
		modInstrumentationAdjust(NetworkBytesRead, got);
		in->count += got;
	}
	return 1;
}

static gboolean onEvent(gint fd, GIOCondition condition, gpointer it)
{
	TCP tcp = it;
	(void)fd;
	tcp->uses++;
	if (!tcp->connected) {
		int error = 0;
		socklen_t size = sizeof error;
		getsockopt(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &size);
		if (error) {
			if (connectNext(tcp)) update(tcp);
			else end(tcp);
		}
		else {
			tcp->connected = 1;
			update(tcp);
			call(tcp, tcp->onWritable, BUFFER_SIZE);
		}
	}
	else {
		uint32_t had = tcp->in.count;
		int alive = 1;
		if ((condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) && (had < BUFFER_SIZE)) alive = fill(tcp);
		uint32_t has = tcp->in.count;
		if (alive && (condition & G_IO_OUT)) alive = flush(tcp);
		if (alive && (condition & G_IO_OUT) && !tcp->out.count) call(tcp, tcp->onWritable, BUFFER_SIZE);
		if (!tcp->closed && (has > had)) call(tcp, tcp->onReadable, has);
		if (!alive && !tcp->closed) end(tcp);
		else if (!tcp->closed) update(tcp);
	}
	release(tcp);
	return G_SOURCE_CONTINUE; /* update() and stop() remove the source themselves */
}

/* Watches the socket for the events that can be used now. */
static void update(TCP tcp)
{
	GIOCondition wanted = 0;
	if (!tcp->closed && !tcp->ended) {
		if (!tcp->connected) wanted = G_IO_OUT;
		else {
			if (tcp->in.count < BUFFER_SIZE) wanted |= G_IO_IN;
			if (tcp->out.count) wanted |= G_IO_OUT;
		}
	}
	if (wanted == tcp->watched) return;
	if (tcp->watch) g_source_remove(tcp->watch);
	tcp->watched = wanted;
	tcp->watch = wanted ? g_unix_fd_add(tcp->fd, wanted | G_IO_HUP | G_IO_ERR, onEvent, tcp) : 0;
}

static void markTCP(xsMachine *the, void *it, xsMarkRoot markRoot)
{
	TCP tcp = it;
	if (tcp->onReadable) (*markRoot)(the, tcp->onReadable);
	if (tcp->onWritable) (*markRoot)(the, tcp->onWritable);
	if (tcp->onError) (*markRoot)(the, tcp->onError);
}

void nh_tcp_destructor(void *it)
{
	TCP tcp = it;
	if (!tcp) return;
	tcp->closed = 1;
	stop(tcp);
	release(tcp);
}

/* nh_tcp_open({address, port, nodelay, onReadable, onWritable, onError}) */
void nh_tcp_open(xsMachine *the)
{
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_port);
	xsIntegerValue port = builtinGetSignedInteger(the, &xsVar(0));
	if ((port < 1) || (port > 65535)) xsRangeError("invalid port");
	xsSlot *onReadable = builtinGetCallback(the, xsID_onReadable);
	xsSlot *onWritable = builtinGetCallback(the, xsID_onWritable);
	xsSlot *onError = builtinGetCallback(the, xsID_onError);
	xsmcGet(xsVar(0), xsArg(0), xsID_nodelay);
	int nodelay = xsmcTest(xsVar(0));
	xsmcGet(xsVar(0), xsArg(0), xsID_address);
	char *addresses = strdup(xsmcToString(xsVar(0)));
	TCP tcp = calloc(1, sizeof(TCPRecord));
	if (!tcp || !addresses) {
		free(addresses);
		free(tcp);
		xsRangeError("no memory");
	}
	tcp->the = the;
	tcp->obj = xsThis;
	tcp->fd = -1;
	tcp->uses = 1;
	tcp->port = port;
	tcp->nodelay = nodelay;
	tcp->addresses = tcp->next = addresses;
	tcp->onReadable = onReadable;
	tcp->onWritable = onWritable;
	tcp->onError = onError;
	xsmcSetHostData(xsThis, tcp);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	xsRemember(tcp->obj);
	if (connectNext(tcp)) update(tcp);
	else end(tcp);
}

void nh_tcp_close(xsMachine *the)
{
	TCP tcp = xsmcGetHostData(xsThis);
	if (!tcp) return;
	xsmcSetHostData(xsThis, NULL);
	xsForget(tcp->obj);
	tcp->closed = 1;
	stop(tcp);
	release(tcp);
}

/* nh_tcp_read(): all unread bytes; nh_tcp_read(n): n bytes; nh_tcp_read(view): fills the view, which must not be larger */
void nh_tcp_read(xsMachine *the)
{
	TCP tcp = xsmcGetHostData(xsThis);
	if (!tcp || !tcp->in.count) return;
	Buffer *in = &tcp->in;
	uint32_t count = in->count;
	if ((xsmcArgc > 0) && (xsReferenceType == xsmcTypeOf(xsArg(0)))) {
		void *into;
		xsUnsignedValue size;
		xsmcGetBufferWritable(xsArg(0), &into, &size);
		if (size > count) xsUnknownError("invalid");
		count = size;
		memcpy(into, in->bytes + in->start, count);
		xsmcSetInteger(xsResult, count);
	}
	else {
		if (xsmcArgc > 0) {
			xsIntegerValue asked = xsmcToInteger(xsArg(0));
			if ((asked <= 0) || ((uint32_t)asked > count)) xsUnknownError("invalid");
			count = asked;
		}
		xsmcSetArrayBuffer(xsResult, in->bytes + in->start, count);
	}
	in->start += count;
	in->count -= count;
	if (tcp->ended) end(tcp);
	else update(tcp);
}

/* nh_tcp_write(bytes): returns how many more bytes can be taken now */
void nh_tcp_write(xsMachine *the)
{
	TCP tcp = xsmcGetHostData(xsThis);
	void *bytes;
	xsUnsignedValue size;
	if (!tcp || !tcp->connected || tcp->ended) return;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	Buffer *out = &tcp->out;
	if (size > BUFFER_SIZE - out->count) xsUnknownError("would block");
	if (out->start + out->count + size > BUFFER_SIZE) {
		memmove(out->bytes, out->bytes + out->start, out->count);
		out->start = 0;
	}
	memcpy(out->bytes + out->start + out->count, bytes, size);
	out->count += size;
	if (!flush(tcp)) {
		end(tcp);
		return;
	}
	update(tcp);
	xsmcSetInteger(xsResult, BUFFER_SIZE - out->count);
}
