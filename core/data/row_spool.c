/* Memory is a mapping that mremap moves page by page: growing copies nothing, and the end needs no
 * second array. A file is written a piece at a time, so that the pages belong to the system. */
#include "row_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_FLOATS = 1 << 14, FILE_FLOATS = 1 << 18 };

void bp_row_spool_start(bp_row_spool *spool) {
    *spool = (bp_row_spool){.file = -1};
}

void bp_row_spool_start_file(bp_row_spool *spool, int file) {
    *spool = (bp_row_spool){.in_file = true, .file = file};
}

void bp_row_spool_clear(bp_row_spool *spool) {
    bp_file_digest_free(spool->digest);
    if (spool->bytes != NULL) {
        munmap(spool->bytes, spool->capacity * sizeof *spool->bytes);
    }
    bp_row_spool_start(spool);
}

static bp_status fail_memory(uint64_t floats, bp_error *err) {
    return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %llu bytes of rows",
                   (unsigned long long)floats * sizeof(float));
}

static bp_status enlarge(bp_row_spool *spool, size_t floats, bp_error *err) {
    size_t bytes;
    if (__builtin_mul_overflow(floats, sizeof *spool->bytes, &bytes)) {
        return fail_memory(floats, err);
    }
    const size_t old = spool->capacity * sizeof *spool->bytes;
    void *larger = spool->bytes == NULL ? mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                                        : mremap(spool->bytes, old, bytes, MREMAP_MAYMOVE);
    if (larger == MAP_FAILED) {
        return fail_memory(floats, err);
    }
    (void)madvise(larger, bytes, MADV_HUGEPAGE); /* advice: its failure changes nothing */
    spool->bytes = larger;
    spool->capacity = floats;
    return BP_OK;
}

static bp_status fail_file(bp_error *err) {
    return bp_fail(err, bp_status_of_file(errno), NULL, "the rows cannot be written: %s",
                   strerror(errno));
}

/* The disk writes a piece while the next comes, so that little is left for the end. Advice: its
 * failure changes nothing, and a file system without it writes later. */
static void write_early(const bp_row_spool *spool) {
    const size_t size = spool->buffered * sizeof *spool->bytes;
    const off_t first = (off_t)(spool->written * sizeof *spool->bytes);
    (void)sync_file_range(spool->file, first, (off_t)size, SYNC_FILE_RANGE_WRITE);
}

/* From the first piece in the file on, a thread computes the digest of x, which takes as long as
 * writing it. Without a thread it is computed at the end. */
static void digest_early(bp_row_spool *spool) {
    if (spool->digest == NULL && spool->written == 0 &&
        (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ ||
         bp_file_digest_new(&spool->digest, spool->file, NULL) != BP_OK)) {
        spool->digest = NULL;
    }
    if (spool->digest != NULL) {
        bp_file_digest_grow(spool->digest,
                            (spool->written + spool->buffered) * sizeof *spool->bytes);
    }
}

static bp_status flush(bp_row_spool *spool, bp_error *err) {
    const char *at = (const char *)spool->bytes;
    for (size_t left = spool->buffered * sizeof *spool->bytes; left > 0;) {
        ssize_t done = write(spool->file, at, left);
        if (done < 0 && errno != EINTR) {
            return fail_file(err);
        }
        at += done > 0 ? done : 0;
        left -= done > 0 ? (size_t)done : 0;
    }
    write_early(spool);
    digest_early(spool);
    spool->written += spool->buffered;
    spool->buffered = 0;
    return BP_OK;
}

/* The first flush gives back most of the memory that the file then stands for. */
static bp_status make_room_in_file(bp_row_spool *spool, size_t count, bp_error *err) {
    bp_status status = flush(spool, err);
    const size_t wanted = count > FILE_FLOATS ? count : FILE_FLOATS;
    const bool fits = spool->capacity >= wanted && spool->capacity <= 2 * wanted;
    return status == BP_OK && !fits ? enlarge(spool, wanted, err) : status;
}

static bp_status make_room(bp_row_spool *spool, size_t count, bp_error *err) {
    if (spool->in_file &&
        (spool->written > 0 || spool->buffered + count > BP_ROW_SPOOL_MEMORY_FLOATS)) {
        return make_room_in_file(spool, count, err);
    }
    const size_t needed = spool->buffered + count;
    size_t grown = spool->capacity == 0 ? FIRST_FLOATS : spool->capacity / 2 * 3;
    if (spool->in_file && grown > BP_ROW_SPOOL_MEMORY_FLOATS) {
        grown = BP_ROW_SPOOL_MEMORY_FLOATS;
    }
    return enlarge(spool, needed > grown ? needed : grown, err);
}

bp_status bp_row_spool_room(bp_row_spool *spool, size_t count, float **out, bp_error *err) {
    if (count > spool->capacity - spool->buffered) {
        bp_status status = make_room(spool, count, err);
        if (status != BP_OK) {
            return status;
        }
    }
    *out = spool->bytes + spool->buffered;
    return BP_OK;
}

bp_status bp_row_spool_add(bp_row_spool *spool, const float *values, size_t count, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t done = 0; status == BP_OK && done < count;) {
        const size_t piece = count - done < FILE_FLOATS ? count - done : FILE_FLOATS;
        float *room;
        status = bp_row_spool_room(spool, piece, &room, err);
        if (status == BP_OK) {
            memcpy(room, values + done, piece * sizeof *room);
            bp_row_spool_keep(spool, piece);
            done += piece;
        }
    }
    return status;
}

static bp_status map_file(bp_row_spool *spool, int protection, int how, void **out, bp_error *err) {
    bp_status status = flush(spool, err);
    if (status != BP_OK) {
        return status;
    }
    void *mapping =
        mmap(NULL, spool->written * sizeof *spool->bytes, protection, how, spool->file, 0);
    if (mapping == MAP_FAILED) {
        return bp_fail(err, BP_IO, NULL, "the rows cannot be mapped: %s", strerror(errno));
    }
    *out = mapping;
    return BP_OK;
}

bp_status bp_row_spool_view(bp_row_spool *spool, float **out, bp_error *err) {
    void *view = spool->bytes;
    bp_status status = BP_OK;
    if (spool->in_file && spool->written > 0) {
        status = map_file(spool, PROT_READ | PROT_WRITE, MAP_SHARED, &view, err);
        if (spool->digest != NULL) {
            bp_file_digest_restart(spool->digest); /* what it has read may change */
        }
    }
    if (status == BP_OK) {
        *out = view;
    }
    return status;
}

void bp_row_spool_end_view(bp_row_spool *spool, float *view) {
    if (spool->in_file && spool->written > 0) {
        munmap(view, spool->written * sizeof *view);
        if (spool->digest != NULL) {
            bp_file_digest_grow(spool->digest, spool->written * sizeof *view);
        }
    }
}

static bp_status take_file(bp_row_spool *spool, bp_spooled_rows *out, bp_error *err) {
    void *mapping = NULL;
    bp_status status = map_file(spool, PROT_READ, MAP_PRIVATE, &mapping, err);
    if (status == BP_OK) {
        *out = (bp_spooled_rows){.mapping = mapping,
                                 .size_bytes = spool->written * sizeof *spool->bytes,
                                 .digest = spool->digest};
        spool->digest = NULL;
        bp_row_spool_clear(spool);
    }
    return status;
}

bp_status bp_row_spool_take(bp_row_spool *spool, bp_spooled_rows *out, bp_error *err) {
    if (spool->in_file && spool->written > 0) {
        return take_file(spool, out, err);
    }
    bp_status status = enlarge(spool, spool->buffered, err);
    if (status == BP_OK) {
        *out = (bp_spooled_rows){.mapping = spool->bytes,
                                 .size_bytes = spool->buffered * sizeof *spool->bytes,
                                 .in_memory = true};
        bp_row_spool_start(spool);
    }
    return status;
}
