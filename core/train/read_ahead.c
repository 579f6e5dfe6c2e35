/* Readers take some rows at a time from `next` up to `limit`, which is at most a window beyond the
 * training's row: that bounds the memory that waits for its use. When training has come to the
 * middle of the window a few of the rows that then enter it are asked after; where they are all in
 * memory, the readers sleep on. So it costs next to nothing where there is nothing to read, and a
 * reader is not woken for every minibatch. */
#include "read_ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    READERS = 16, /* reads under way at a time */
    PIECE_ROWS = 32,
    WINDOW_BYTES = 64 << 20, /* of pages */
    SAMPLES = 64,
    COLD_SAMPLES = 2 /* of them, from which on reading pays */
};

struct bp_read_ahead {
    const bp_dataset *data;
    size_t page_bytes, window; /* window: in rows */
    pthread_mutex_t lock;      /* guards what follows */
    pthread_cond_t moved, idle;
    const uint32_t *order; /* NULL: nothing to do */
    size_t next, limit;
    size_t busy; /* readers that look at rows now */
    uint64_t seen;
    bool closing;
    /* The trainer's thread's: */
    size_t rows;
    bool is_random;
    size_t readers; /* that were started: the first time that they are needed */
    pthread_t reader[READERS];
};

/* --- a reader ------------------------------------------------------------------------------- */

static void look_at_row(const bp_read_ahead *ahead, size_t row) {
    const size_t bytes = ahead->data->features.count * sizeof *ahead->data->x;
    const volatile char *first = (const char *)ahead->data->x + row * bytes;
    for (size_t i = 0; i < bytes; i += ahead->page_bytes) {
        (void)first[i];
    }
    (void)first[bytes - 1];
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static void wait_locked(bp_read_ahead *ahead) {
    while (!ahead->closing && (ahead->order == NULL || ahead->next >= ahead->limit)) {
        pthread_cond_wait(&ahead->moved, &ahead->lock);
    }
}

static void *run_reader(void *argument) {
    bp_read_ahead *ahead = argument;
    pthread_mutex_lock(&ahead->lock);
    for (;;) {
        wait_locked(ahead);
        if (ahead->closing) {
            break;
        }
        const size_t first = ahead->next, end = least(first + PIECE_ROWS, ahead->limit);
        const uint32_t *order = ahead->order;
        ahead->next = end;
        ahead->busy++;
        pthread_mutex_unlock(&ahead->lock);
        for (size_t i = first; i < end; i++) {
            look_at_row(ahead, order[i]);
        }
        pthread_mutex_lock(&ahead->lock);
        ahead->seen += end - first;
        if (--ahead->busy == 0) {
            pthread_cond_signal(&ahead->idle);
        }
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

/* --- advice ---------------------------------------------------------------------------------- */

/* The system reads 128 KiB around a page that is missed, of which a shuffled epoch needs one: 4,000
 * rows a second came from a disk that gives 90,000 single pages. What goes through the file in its
 * order, as a validation, is served by it. Advice: its failure changes nothing. */
static void expect_random(bp_read_ahead *ahead, bool is_random) {
    if (ahead->is_random != is_random) {
        ahead->is_random = is_random;
        (void)madvise(ahead->data->mapping, ahead->data->mapping_size,
                      is_random ? MADV_RANDOM : MADV_NORMAL);
    }
}

/* --- construction --------------------------------------------------------------------------- */

static size_t usual_least_bytes(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? (size_t)pages * (size_t)page / 4 : SIZE_MAX;
}

bp_status bp_read_ahead_new(bp_read_ahead **out, const bp_dataset *data, size_t least_bytes,
                            bp_error *err) {
    const size_t smallest = least_bytes > 0 ? least_bytes : usual_least_bytes();
    if (data->mapping == NULL || data->mapping_size < smallest) {
        *out = NULL;
        return BP_OK;
    }
    bp_read_ahead *ahead = calloc(1, sizeof *ahead);
    if (ahead == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to read ahead");
    }
    const size_t bytes = data->features.count * sizeof *data->x;
    ahead->data = data;
    ahead->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    ahead->window = WINDOW_BYTES / (bytes + ahead->page_bytes) + 1;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->moved, NULL);
    pthread_cond_init(&ahead->idle, NULL);
    *out = ahead;
    return BP_OK;
}

void bp_read_ahead_free(bp_read_ahead *ahead) {
    if (ahead == NULL) {
        return;
    }
    pthread_mutex_lock(&ahead->lock);
    ahead->closing = true;
    pthread_cond_broadcast(&ahead->moved);
    pthread_mutex_unlock(&ahead->lock);
    expect_random(ahead, false);
    for (size_t i = 0; i < ahead->readers; i++) {
        pthread_join(ahead->reader[i], NULL);
    }
    pthread_cond_destroy(&ahead->idle);
    pthread_cond_destroy(&ahead->moved);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}

/* --- an epoch ------------------------------------------------------------------------------- */

static bool is_in_memory(const bp_read_ahead *ahead, size_t row) {
    char *mapping = ahead->data->mapping;
    const float *x = ahead->data->x + row * ahead->data->features.count;
    const size_t offset = (size_t)((const char *)x - mapping);
    char *page = mapping + offset / ahead->page_bytes * ahead->page_bytes;
    unsigned char found = 1;
    /* Where the system does not tell, the page counts as present. */
    return mincore(page, 1, &found) != 0 || (found & 1) != 0;
}

/* To look at rows that are all there would only cost. Some rows speak for the others. */
static bool is_cold(const bp_read_ahead *ahead, const uint32_t *order, size_t rows) {
    size_t absent = 0;
    for (size_t i = 0; absent < COLD_SAMPLES && i < SAMPLES; i++) {
        absent += !is_in_memory(ahead, order[i * rows / SAMPLES]);
    }
    return absent >= COLD_SAMPLES;
}

/* Fewer readers than wanted, or none, are as right and only slower. */
static void start_readers(bp_read_ahead *ahead) {
    while (ahead->readers < READERS &&
           pthread_create(&ahead->reader[ahead->readers], NULL, run_reader, ahead) == 0) {
        ahead->readers++;
    }
}

void bp_read_ahead_begin(bp_read_ahead *ahead, const uint32_t *order, size_t rows) {
    if (ahead == NULL) {
        return;
    }
    pthread_mutex_lock(&ahead->lock);
    ahead->order = order;
    ahead->next = ahead->limit = 0;
    pthread_mutex_unlock(&ahead->lock);
    ahead->rows = rows;
    bp_read_ahead_move(ahead, 0);
}

/* Only this thread changes the order and the limit, so it may read them without the lock. */
void bp_read_ahead_move(bp_read_ahead *ahead, size_t row) {
    if (ahead == NULL || row + ahead->window / 2 < ahead->limit || ahead->limit == ahead->rows) {
        return;
    }
    const size_t first = row > ahead->limit ? row : ahead->limit;
    const size_t limit = least(ahead->rows, row + ahead->window);
    const bool cold = is_cold(ahead, ahead->order + first, limit - first);
    if (cold) {
        expect_random(ahead, true);
        start_readers(ahead);
    }
    pthread_mutex_lock(&ahead->lock);
    if (!cold && ahead->next >= ahead->limit) {
        ahead->next = limit; /* skipped */
    } else if (ahead->next < row) {
        ahead->next = row; /* overtaken */
    }
    ahead->limit = limit;
    if (ahead->next < limit) {
        pthread_cond_broadcast(&ahead->moved);
    }
    pthread_mutex_unlock(&ahead->lock);
}

void bp_read_ahead_end(bp_read_ahead *ahead) {
    if (ahead == NULL) {
        return;
    }
    pthread_mutex_lock(&ahead->lock);
    ahead->order = NULL;
    while (ahead->busy > 0) {
        pthread_cond_wait(&ahead->idle, &ahead->lock);
    }
    pthread_mutex_unlock(&ahead->lock);
    expect_random(ahead, false);
}

uint64_t bp_read_ahead_rows(bp_read_ahead *ahead) {
    if (ahead == NULL) {
        return 0;
    }
    pthread_mutex_lock(&ahead->lock);
    const uint64_t seen = ahead->seen;
    pthread_mutex_unlock(&ahead->lock);
    return seen;
}
