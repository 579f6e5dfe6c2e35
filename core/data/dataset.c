#include "dataset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

bp_dataset *bp_dataset_ref(bp_dataset *dataset) {
    /* Relaxed: whoever calls this holds a reference, so nothing needs to be ordered yet. */
    atomic_fetch_add_explicit(&dataset->references, 1, memory_order_relaxed);
    return dataset;
}

static bool is_mapped(const bp_dataset *dataset, const void *array) {
    const uintptr_t at = (uintptr_t)array, mapping = (uintptr_t)dataset->mapping;
    return at >= mapping && at - mapping < dataset->mapping_size;
}

static void free_array(const bp_dataset *dataset, void *array) {
    if (!is_mapped(dataset, array)) {
        free(array);
    }
}

/* Of an array of so many numbers of four bytes in each row. */
static size_t array_bytes(const bp_dataset *dataset, const void *array, size_t numbers) {
    const bool held = array != NULL && (dataset->mapping_in_memory || !is_mapped(dataset, array));
    return held ? dataset->rows * numbers * sizeof(float) : 0;
}

size_t bp_dataset_bytes(const bp_dataset *d) {
    const size_t columns = d->features.count + d->targets.count + d->weights.count;
    size_t bytes = sizeof *d + columns * sizeof *d->stats + d->source_count * sizeof *d->source;
    for (size_t i = 0; i < d->source_count; i++) {
        bytes += bp_names_bytes(&d->source[i].labels);
    }
    return bytes + bp_names_bytes(&d->features) + bp_names_bytes(&d->classes) +
           array_bytes(d, d->x, d->features.count) + array_bytes(d, d->y, d->targets.count) +
           array_bytes(d, d->class_index, 1) + array_bytes(d, d->weight, 1);
}

void bp_dataset_unref(bp_dataset *dataset) {
    /* Acquire-release: the last holder frees after every read of the holders before it. */
    if (dataset == NULL ||
        atomic_fetch_sub_explicit(&dataset->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    bp_names_clear(&dataset->features);
    bp_names_clear(&dataset->targets);
    bp_names_clear(&dataset->classes);
    bp_names_clear(&dataset->weights);
    bp_names_clear(&dataset->missing_words);
    bp_source_columns_free(dataset->source, dataset->source_count);
    free_array(dataset, dataset->x);
    free_array(dataset, dataset->y);
    free_array(dataset, dataset->class_index);
    free_array(dataset, dataset->weight);
    if (dataset->mapping != NULL) {
        munmap(dataset->mapping, dataset->mapping_size);
    }
    free(dataset->stats);
    free(dataset);
}

static void add_number(bp_digest *digest, uint64_t number) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    bp_digest_add(digest, bytes, sizeof bytes);
}

static void add_names(bp_digest *digest, const bp_names *names) {
    add_number(digest, names->count);
    for (size_t i = 0; i < names->count; i++) {
        bp_digest_add(digest, names->item[i], strlen(names->item[i]) + 1);
    }
}

/* 32 bit words like those of floats, whose order of bytes is all that counts. */
static void add_indices(bp_digest *digest, const void *indices, size_t count) {
    _Static_assert(sizeof(int32_t) == sizeof(float), "words of four bytes");
    bp_digest_add_floats(digest, indices, count);
}

static bool is_plain_column(const bp_source_column *column) {
    return column->cells == 0 ||
           (column->type == BP_COLUMN_NUMERIC && column->role == BP_ROLE_FEATURE);
}

static bool has_plain_columns(const bp_dataset *dataset) {
    for (size_t i = 0; i < dataset->source_count; i++) {
        if (!is_plain_column(&dataset->source[i])) {
            return false;
        }
    }
    return true;
}

bool bp_dataset_is_plain(const bp_dataset *dataset) {
    for (size_t i = 0; i < dataset->features.count; i++) {
        if (dataset->stats[i].missing > 0) {
            return false;
        }
    }
    return has_plain_columns(dataset);
}

static void add_source(bp_digest *digest, const bp_source_column *source) {
    bp_digest_add(digest, source->name, strlen(source->name) + 1);
    add_number(digest, (uint64_t)source->type);
    add_number(digest, (uint64_t)source->role);
    add_number(digest, source->first);
    add_number(digest, source->cells);
    add_names(digest, &source->labels);
}

static void add_x(bp_digest *digest, const bp_dataset *dataset) {
    bp_digest_add_floats(digest, dataset->x, dataset->rows * dataset->features.count);
}

/* of_x NULL: x itself stands where its digest does now. */
static void digest_with(const bp_dataset *dataset, const bp_digest *of_x,
                        char hex[BP_DIGEST_HEX_SIZE]) {
    bp_digest digest;
    bp_digest_start(&digest);
    add_number(&digest, dataset->rows);
    add_names(&digest, &dataset->features);
    add_names(&digest, &dataset->targets);
    add_names(&digest, &dataset->classes);
    add_number(&digest, dataset->y != NULL);
    if (of_x != NULL) {
        bp_digest copy = *of_x;
        uint8_t bytes[BP_DIGEST_BYTES];
        bp_digest_finish_bytes(&copy, bytes);
        bp_digest_add(&digest, bytes, sizeof bytes);
    } else {
        add_x(&digest, dataset);
    }
    if (dataset->y != NULL) {
        bp_digest_add_floats(&digest, dataset->y, dataset->rows * dataset->targets.count);
    }
    if (dataset->class_index != NULL) {
        add_indices(&digest, dataset->class_index, dataset->rows);
    }
    if (dataset->weight != NULL) {
        add_names(&digest, &dataset->weights);
        bp_digest_add_floats(&digest, dataset->weight, dataset->rows);
    }
    for (size_t i = 0; !has_plain_columns(dataset) && i < dataset->source_count; i++) {
        add_source(&digest, &dataset->source[i]);
    }
    bp_digest_finish(&digest, hex);
}

void bp_dataset_digest(const bp_dataset *dataset, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_digest of_x;
    bp_digest_start(&of_x);
    add_x(&of_x, dataset);
    digest_with(dataset, &of_x, hex);
}

void bp_dataset_seal(bp_dataset *dataset, const bp_digest *of_x) {
    if (of_x != NULL) {
        dataset->digest_of_x = *of_x;
    } else {
        bp_digest_start(&dataset->digest_of_x);
        add_x(&dataset->digest_of_x, dataset);
    }
    dataset->has_digest_of_x = true;
    digest_with(dataset, &dataset->digest_of_x, dataset->sha256);
}

bool bp_dataset_has_digest(const bp_dataset *dataset, const char *hex) {
    char own[BP_DIGEST_HEX_SIZE];
    bp_dataset_digest(dataset, own);
    if (strcmp(own, hex) == 0) {
        return true;
    }
    digest_with(dataset, NULL, own);
    return strcmp(own, hex) == 0;
}

bp_status bp_dataset_check(bp_dataset *dataset, bp_error *err) {
    /* Relaxed: the flag says nothing of other memory; the bytes never change. */
    if (!atomic_load_explicit(&dataset->is_unchecked, memory_order_relaxed)) {
        return BP_OK;
    }
    if (!bp_dataset_has_digest(dataset, dataset->sha256)) {
        char hex[BP_DIGEST_HEX_SIZE];
        bp_dataset_digest(dataset, hex);
        return bp_fail(
            err, BP_IO, NULL,
            "the data set is damaged on disk: its SHA-256 is %s, not %s as it was stored", hex,
            dataset->sha256);
    }
    atomic_store_explicit(&dataset->is_unchecked, false, memory_order_relaxed);
    return BP_OK;
}
