/* backpropd --healthcheck: is the server at this address ready? For containers, which have no
 * curl. */
#ifndef BP_HEALTHCHECK_H
#define BP_HEALTHCHECK_H

#include "status.h"

/* GET /readyz from `address` (0.0.0.0 and :: stand for loopback) within `timeout_ms` altogether.
 * OK: it answered 200. IO: no connection, no answer in time, or another status; the message says
 * which. INVALID: no such address, or port 0. */
BP_NODISCARD bp_status bp_healthcheck(const char *address, uint16_t port, unsigned timeout_ms,
                                      bp_error *err);

#endif
