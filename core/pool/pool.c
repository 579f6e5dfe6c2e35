/* How a phase runs.
 *
 * Every worker owns a contiguous range of the phase's tasks and takes from its own range first, so
 * that from step to step the same worker meets the same weights; when its range is empty it helps
 * with the others'. A range is one 64-bit word, generation << 32 | next task, changed only by
 * compare-and-swap: a worker that wakes late carries an old generation, its swap fails, and it can
 * neither take a task of a phase it does not know nor disturb one. The phase's description is read
 * before the swap and is only trusted when the swap succeeds. Two orders make that safe: the caller
 * cannot overwrite it before the task so taken is reported done; and it closes the old ranges
 * before it writes a new description, so that who read a part of the new one finds every old range
 * closed.
 *
 * Waiting (for the next phase, or for the last task) spins for at most SPIN_SECONDS and then sleeps
 * on a futex: a condition variable costs ten times the barrier itself, and spinning without end
 * starves the threads that answer HTTP. */
#include "pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "background.h"
#include "clock.h"
#include "memory.h"
#include "spread.h"

#define SPIN_SECONDS 50e-6
enum { PAUSES_PER_LOOK = 32, CACHE_LINE = 64 };

typedef struct phase {
    bp_task run;
    void *context;
    size_t tasks, workers;
    const size_t *first; /* of each worker's range, [workers + 1]; NULL: even shares */
} phase;

typedef struct range {
    _Alignas(CACHE_LINE) atomic_uint_fast64_t word; /* generation << 32 | next task */
    atomic_size_t end;
} range;

typedef struct worker {
    bp_pool *pool;
    size_t index; /* 1..threads-1 */
    pthread_t thread;
} worker;

struct bp_pool {
    /* The phase; written by the caller of bp_pool_run only, between phases. */
    _Atomic(bp_task) run;
    _Atomic(void *) context;
    atomic_size_t workers;

    _Alignas(CACHE_LINE) atomic_uint generation; /* futex; written by the caller, release */
    atomic_uint sleepers;                        /* workers asleep on it or about to be */
    _Alignas(CACHE_LINE) atomic_uint pending;    /* futex; tasks not yet done */
    atomic_bool caller_sleeps;
    atomic_bool stopping;

    range *ranges;    /* [threads] */
    bp_place *places; /* [threads] */
    worker *threads;  /* [threads - 1] */
    size_t thread_count;
    size_t started; /* workers that have a thread to join */
    bool background;
};

static void futex_wait(atomic_uint *word, unsigned expected) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake(atomic_uint *word, int count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Spins until *word differs from `old` (or from every value but `old` where `until_equal`). */
static bool spin(atomic_uint *word, unsigned value, bool until_equal) {
    double deadline = bp_clock_seconds() + SPIN_SECONDS;
    do {
        for (int i = 0; i < PAUSES_PER_LOOK; i++) {
            /* acquire: what the writer of the word did before is ours to read */
            bool equal = atomic_load_explicit(word, memory_order_acquire) == value;
            if (equal == until_equal) {
                return true;
            }
            relax();
        }
    } while (bp_clock_seconds() < deadline);
    return false;
}

static size_t range_begin(const phase *p, size_t index) {
    if (p->first != NULL) {
        return p->first[index];
    }
    const size_t share = p->tasks / p->workers, rest = p->tasks % p->workers;
    return share * index + (index < rest ? index : rest);
}

/* Takes the next task of a range of this generation; false when there is none. */
static bool take(range *r, unsigned generation, size_t *task) {
    /* acquire: an end that belongs to the word, or to a later one that makes the swap fail */
    uint_fast64_t word = atomic_load_explicit(&r->word, memory_order_acquire);
    const size_t end = atomic_load_explicit(&r->end, memory_order_relaxed);
    for (;;) {
        if ((unsigned)(word >> 32) != generation || (word & UINT32_MAX) >= end) {
            return false;
        }
        /* acquire pairs with the caller's release of the range, for the phase's description */
        if (atomic_compare_exchange_weak_explicit(&r->word, &word, word + 1, memory_order_acquire,
                                                  memory_order_relaxed)) {
            *task = (size_t)(word & UINT32_MAX);
            return true;
        }
    }
}

/* Reports `done` tasks; the last one wakes a sleeping caller. */
static void report(bp_pool *pool, unsigned done) {
    /* seq_cst on both words: either this worker sees caller_sleeps, or the caller sees pending 0 */
    if (atomic_fetch_sub(&pool->pending, done) == done && atomic_load(&pool->caller_sleeps)) {
        futex_wake(&pool->pending, 1);
    }
}

/* Runs what is left of a phase: the own range first, then the others'. */
static void work(bp_pool *pool, unsigned generation, size_t index) {
    bp_task run = atomic_load_explicit(&pool->run, memory_order_acquire);
    void *context = atomic_load_explicit(&pool->context, memory_order_acquire);
    size_t workers = atomic_load_explicit(&pool->workers, memory_order_acquire);
    if (index >= workers) {
        return;
    }
    for (size_t i = 0; i < workers; i++) {
        size_t owner = (index + i) % workers, task;
        while (take(&pool->ranges[owner], generation, &task)) {
            run(context, task, index);
            report(pool, 1);
        }
    }
}

static void *worker_main(void *argument) {
    worker *self = argument;
    bp_pool *pool = self->pool;
    unsigned seen = 0;
    if (pool->background) {
        bp_background_enter();
    }
    while (!atomic_load_explicit(&pool->stopping, memory_order_relaxed)) {
        if (!spin(&pool->generation, seen, false)) {
            /* seq_cst on sleepers and generation: either the caller sees a sleeper and wakes it, or
             * the sleeper sees the new generation and does not sleep */
            atomic_fetch_add(&pool->sleepers, 1);
            if (atomic_load(&pool->generation) == seen) {
                bp_spread_forget(&pool->places[self->index]);
                futex_wait(&pool->generation, seen);
                bp_spread_apart(pool->places, pool->thread_count, self->index);
            }
            atomic_fetch_sub(&pool->sleepers, 1);
        }
        unsigned generation = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (generation != seen) {
            seen = generation;
            bp_spread_note(&pool->places[self->index]);
            work(pool, generation, self->index);
        }
    }
    return NULL;
}

static void publish(bp_pool *pool, unsigned generation) {
    atomic_store(&pool->generation, generation);
    if (atomic_load(&pool->sleepers) > 0) {
        futex_wake(&pool->generation, (int)pool->thread_count);
    }
}

static void wait_until_done(bp_pool *pool) {
    while (!spin(&pool->pending, 0, true)) {
        atomic_store(&pool->caller_sleeps, true);
        unsigned pending = atomic_load(&pool->pending);
        if (pending > 0) {
            bp_spread_forget(&pool->places[0]);
            futex_wait(&pool->pending, pending);
            bp_spread_apart(pool->places, pool->thread_count, 0);
        }
        atomic_store(&pool->caller_sleeps, false);
    }
}

static void run_inline(bp_task run, void *context, size_t tasks) {
    for (size_t task = 0; task < tasks; task++) {
        run(context, task, 0);
    }
}

/* Closes the old ranges, writes the description, opens the new ranges: in this order (see above).
 */
static void describe(bp_pool *pool, unsigned generation, const phase *next) {
    for (size_t i = 0; i < pool->thread_count; i++) {
        uint_fast64_t closed = (uint_fast64_t)generation << 32 | UINT32_MAX;
        atomic_store_explicit(&pool->ranges[i].word, closed, memory_order_relaxed);
    }
    /* release: who reads one of these with acquire sees the closed ranges */
    atomic_store_explicit(&pool->run, next->run, memory_order_release);
    atomic_store_explicit(&pool->context, next->context, memory_order_release);
    atomic_store_explicit(&pool->workers, next->workers, memory_order_release);
    atomic_store_explicit(&pool->pending, (unsigned)next->tasks, memory_order_relaxed);
    for (size_t i = 0; i < next->workers; i++) {
        uint_fast64_t word = (uint_fast64_t)generation << 32;
        word |= range_begin(next, i);
        atomic_store_explicit(&pool->ranges[i].end, range_begin(next, i + 1), memory_order_release);
        atomic_store_explicit(&pool->ranges[i].word, word, memory_order_release);
    }
}

static void run_phase(bp_pool *pool, const phase *next) {
    if (next->workers <= 1) {
        run_inline(next->run, next->context, next->tasks);
        return;
    }
    unsigned generation = atomic_load_explicit(&pool->generation, memory_order_relaxed) + 1;
    bp_spread_note(&pool->places[0]);
    describe(pool, generation, next);
    publish(pool, generation);
    work(pool, generation, 0);
    wait_until_done(pool);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

void bp_pool_run(bp_pool *pool, size_t workers, bp_task run, void *context, size_t tasks) {
    const size_t most = least(workers, pool->thread_count);
    run_phase(pool, &(phase){run, context, tasks, least(most, tasks), NULL});
}

void bp_pool_run_ranges(bp_pool *pool, size_t ranges, const size_t *first, bp_task run,
                        void *context) {
    const size_t tasks = first[ranges];
    run_phase(pool, &(phase){run, context, tasks, tasks > 1 ? ranges : 1, first});
}

static bp_status start_workers(bp_pool *pool, bp_error *err) {
    for (size_t i = 0; i + 1 < pool->thread_count; i++) {
        pool->threads[i] = (worker){.pool = pool, .index = i + 1};
        if (pthread_create(&pool->threads[i].thread, NULL, worker_main, &pool->threads[i]) != 0) {
            return bp_fail(err, BP_INTERNAL, "threads", "worker %zu of %zu could not be started",
                           i + 1, pool->thread_count);
        }
        pool->started++;
    }
    return BP_OK;
}

static void forget_places(bp_pool *pool) {
    for (size_t i = 0; i < pool->thread_count; i++) {
        bp_spread_forget(&pool->places[i]);
    }
}

static bp_status new_pool(bp_pool **out, size_t threads, bool background, bp_error *err) {
    bp_pool *pool = bp_calloc_aligned(1, sizeof *pool);
    if (pool == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a pool");
    }
    pool->thread_count = threads < 1 ? 1 : threads;
    pool->background = background;
    pool->ranges = bp_calloc_aligned(pool->thread_count, sizeof *pool->ranges);
    pool->places = bp_calloc_aligned(pool->thread_count, sizeof *pool->places);
    pool->threads = calloc(pool->thread_count, sizeof *pool->threads);
    bp_status status = BP_OK;
    if (pool->ranges == NULL || pool->places == NULL || pool->threads == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu workers", threads);
    } else {
        forget_places(pool);
        status = start_workers(pool, err);
    }
    if (status != BP_OK) {
        bp_pool_free(pool);
        return status;
    }
    *out = pool;
    return BP_OK;
}

bp_status bp_pool_new(bp_pool **out, size_t threads, bp_error *err) {
    return new_pool(out, threads, false, err);
}

bp_status bp_pool_new_background(bp_pool **out, size_t threads, bp_error *err) {
    return new_pool(out, threads, true, err);
}

void bp_pool_free(bp_pool *pool) {
    if (pool == NULL) {
        return;
    }
    atomic_store(&pool->stopping, true);
    /* a phase of no tasks: who wakes finds nothing to take and sees `stopping` */
    atomic_store(&pool->workers, 0);
    atomic_fetch_add(&pool->generation, 1);
    futex_wake(&pool->generation, (int)pool->thread_count);
    for (size_t i = 0; i < pool->started; i++) {
        pthread_join(pool->threads[i].thread, NULL);
    }
    free(pool->threads);
    free(pool->places);
    free(pool->ranges);
    free(pool);
}

size_t bp_pool_threads(const bp_pool *pool) {
    return pool->thread_count;
}
