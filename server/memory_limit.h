/* How much memory there is for the program. */
#ifndef BP_MEMORY_LIMIT_H
#define BP_MEMORY_LIMIT_H

#include <stddef.h>

/* Nine tenths of the least of: the limits of the control groups that the process is in (version 2
 * or 1), as a container has them, and the machine's memory. In bytes; 0: nothing is known. `root`:
 * the folder in which /proc and /sys are looked for, "" but in tests. */
size_t bp_memory_limit_find(const char *root);

#endif
