/* Threads that compute for a long time and give way to those that someone waits for. */
#ifndef BP_BACKGROUND_H
#define BP_BACKGROUND_H

#include "status.h"

/* Puts the calling thread behind the process's others in the kernel's schedule, for good: to come
 * back takes a privilege, to step behind takes none. Where the system has no such thing for a
 * single thread, nothing happens. */
void bp_background_enter(void);

/* Runs `task` on a thread of its own that is in the background, and returns when it has. INTERNAL:
 * the thread could not be started. */
BP_NODISCARD bp_status bp_background_run(void (*task)(void *context), void *context, bp_error *err);

#endif
