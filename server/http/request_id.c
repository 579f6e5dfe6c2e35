#include "request_id.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>

/* A bijection of 64-bit words (the finalizer of SplitMix64: Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014): different counters give different ids. */
static uint64_t scatter(uint64_t word) {
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

static uint64_t random_start(void) {
    uint64_t start;
    if (getrandom(&start, sizeof start, GRND_NONBLOCK) == (ssize_t)sizeof start)
        return start | 1;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + 1;
}

void bp_request_id_make(char id[BP_REQUEST_ID_SIZE]) {
    /* Relaxed: each id needs only a number of its own; nothing else is published with it. */
    static atomic_uint_least64_t counter;
    if (atomic_load_explicit(&counter, memory_order_relaxed) == 0) {
        uint_least64_t unset = 0;
        atomic_compare_exchange_strong(&counter, &unset, random_start());
    }
    uint64_t word = scatter(atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed));
    for (int i = 0; i < BP_REQUEST_ID_SIZE - 1; i++)
        id[i] = "0123456789abcdef"[(word >> (60 - 4 * i)) & 15];
    id[BP_REQUEST_ID_SIZE - 1] = '\0';
}
