/* A stand-in for server/api: what it answers depends on the path alone.
 *
 *   /echo      200, "METHOD PATH?QUERY length=CONTENT_LENGTH body=BYTES sum=SUM id=ID"
 *   /refuse    413, without reading the body
 *   /gate      slow: finish waits until fake_api_open_gate
 *   /static    200 from a static body, with Location and Cache-Control
 *   /empty     204
 *   /big       200, 8 MiB
 *   /stream    200, a body that goes on (fake_stream.h), never idle
 *   /beats     the same, idle after 100 ms
 *   /endless   200, a body without end
 *   elsewhere  404, after reading the body */
#ifndef BP_FAKE_API_H
#define BP_FAKE_API_H

#include <stddef.h>

enum { FAKE_BIG_SIZE = 8 << 20 };

typedef struct fake_counts {
    size_t begun, finished, freed;
    size_t at_gate; /* finishes that wait at the gate now */
} fake_counts;

/* Zeroes the counts and closes the gate. */
void fake_api_reset(void);
fake_counts fake_api_counts(void);
void fake_api_open_gate(void);
/* Waits until `count` finishes wait at the gate; false after 10 s. */
int fake_api_wait_at_gate(size_t count);
/* Waits until as many exchanges were freed as begun; false after 10 s. */
int fake_api_wait_all_freed(void);

#endif
