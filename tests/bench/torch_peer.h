/* PyTorch, trained by torch_peer.py in a process of its own, which does nothing until it is asked.
 * One process for each number of threads: a BLAS takes its number when it is loaded. */
#ifndef BP_TORCH_PEER_H
#define BP_TORCH_PEER_H

#include "clean_window.h"

typedef struct bp_torch_peer bp_torch_peer;

/* Starts it. NULL, and why on standard error: there is no PyTorch. */
bp_torch_peer *bp_torch_peer_new(size_t threads);
void bp_torch_peer_free(bp_torch_peer *peer); /* ends the process; NULL is allowed */

size_t bp_torch_peer_threads(const bp_torch_peer *peer);
/* "1.13.0 libblas.so.3,libopenblas.so": version, a space, libraries for linear algebra. */
const char *bp_torch_peer_version(const bp_torch_peer *peer);

/* Sends one line, made as printf does, and returns the answer, valid until the next call. Stops the
 * program if there is none. */
__attribute__((format(printf, 2, 3))) const char *bp_torch_peer_ask(bp_torch_peer *peer,
                                                                    const char *format, ...);

/* One window of the case asked for last: a bp_contestant's run, its context a bp_torch_peer. */
bool bp_torch_peer_window(void *peer, double seconds, bp_window *out);

#endif
