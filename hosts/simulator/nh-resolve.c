/*
 * nh_resolve(host, callback): looks a name up without blocking the loop. The callback gets the addresses, in the order of
 * the system's preference, as one string with spaces between; an empty string when there is none. It is called once, never
 * from inside nh_resolve. Each look-up has a thread of its own.
 */

#include "xsmc.h"

#include <glib.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_ADDRESSES 8

typedef struct {
	xsMachine *the;
	xsSlot callback;
	char host[256];
	char addresses[MAX_ADDRESSES * (INET6_ADDRSTRLEN + 1)];
} Lookup;

static gboolean onResolved(gpointer it)
{
	Lookup *lookup = it;
	xsMachine *the = lookup->the;
	xsBeginHost(the);
	{
		xsTry {
			xsmcSetString(xsResult, lookup->addresses);
			xsCallFunction1(lookup->callback, xsGlobal, xsResult);
		}
		xsCatch {
			xsTrace("a resolver callback threw\n");
		}
		xsForget(lookup->callback);
	}
	xsEndHost(the);
	free(lookup);
	return G_SOURCE_REMOVE;
}

static gpointer lookUp(gpointer it)
{
	Lookup *lookup = it;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	if (!getaddrinfo(lookup->host, NULL, &hints, &found)) {
		int count = 0;
		for (struct addrinfo *one = found; one && (count < MAX_ADDRESSES); one = one->ai_next) {
			char address[INET6_ADDRSTRLEN];
			if (getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST)) continue;
			if (count++) strcat(lookup->addresses, " ");
			strcat(lookup->addresses, address);
		}
		freeaddrinfo(found);
	}
	g_idle_add_full(G_PRIORITY_DEFAULT, onResolved, lookup, NULL);
	return NULL;
}

void nh_resolve(xsMachine *the)
{
	Lookup *lookup = calloc(1, sizeof(Lookup));
	if (!lookup) xsRangeError("no memory");
	lookup->the = the;
	if (strlen(xsmcToString(xsArg(0))) >= sizeof lookup->host) {
		free(lookup);
		xsRangeError("the host name is too long");
	}
	xsmcToStringBuffer(xsArg(0), lookup->host, sizeof lookup->host);
	lookup->callback = xsArg(1);
	xsRemember(lookup->callback);
	g_thread_unref(g_thread_new("nh_resolve", lookUp, lookup));
}
