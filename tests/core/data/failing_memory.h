/* Every allocation of the program's own code goes through here, and the Nth fails. For a test that
 * links bp_failing_memory; shared libraries allocate as ever. One thread. */
#ifndef BP_FAILING_MEMORY_H
#define BP_FAILING_MEMORY_H

/* From here on `successes` allocations succeed and all others fail; no block is counted yet. */
void failing_memory_begin(long successes);
/* All allocations fail: a test needs none of its own until the next beginning. */
void failing_memory_end(void);
/* Blocks allocated less blocks freed since the beginning. */
long failing_memory_live_blocks(void);

#endif
