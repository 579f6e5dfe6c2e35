/* Whether jansson ran out of memory. Its builders and its parser do not always say so: a member
 * that could not be added is merely missing, a string that could not be read is called a syntax
 * error. So the allocations themselves are watched, each thread's for itself. */
#ifndef BP_JSON_MEMORY_H
#define BP_JSON_MEMORY_H

#include <stdbool.h>

/* From now on, in the whole process: before other threads use jansson. What was set by
 * json_set_alloc_funcs before is still asked. Again: nothing changes. */
void bp_json_memory_watch(void);

/* Whether an allocation failed on this thread since this was last asked. Without
 * bp_json_memory_watch: false. */
bool bp_json_memory_take_failure(void);

#endif
