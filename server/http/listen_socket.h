/* The listening socket, opened here rather than by the HTTP library, so that a failure says what
 * failed. */
#ifndef BP_LISTEN_SOCKET_H
#define BP_LISTEN_SOCKET_H

#include "status.h"

/* Resolves `address` (a name, IPv4, or IPv6 without brackets), binds and listens; the descriptor to
 * *out, the caller's to close. Port 0 takes a free one. INVALID: no such address. IO: it is in use
 * or may not be taken. */
BP_NODISCARD bp_status bp_listen_open(int *out, const char *address, uint16_t port, bp_error *err);

/* The bound port; 0 when the descriptor is no bound socket. */
uint16_t bp_listen_port(int descriptor);

#endif
