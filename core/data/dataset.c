#include "dataset.h"

#include <stdlib.h>
#include <string.h>

bp_dataset *bp_dataset_ref(bp_dataset *dataset) {
    /* Relaxed: whoever calls this holds a reference, so nothing needs to be ordered yet. */
    atomic_fetch_add_explicit(&dataset->references, 1, memory_order_relaxed);
    return dataset;
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
    free(dataset->x);
    free(dataset->y);
    free(dataset->class_index);
    free(dataset->weight);
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

static void add_indices(bp_digest *digest, const int32_t *indices, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t index = (uint32_t)indices[i];
        const uint8_t bytes[4] = {(uint8_t)index, (uint8_t)(index >> 8), (uint8_t)(index >> 16),
                                  (uint8_t)(index >> 24)};
        bp_digest_add(digest, bytes, sizeof bytes);
    }
}

void bp_dataset_digest(const bp_dataset *dataset, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_digest digest;
    bp_digest_start(&digest);
    add_number(&digest, dataset->rows);
    add_names(&digest, &dataset->features);
    add_names(&digest, &dataset->targets);
    add_names(&digest, &dataset->classes);
    add_number(&digest, dataset->y != NULL);
    bp_digest_add_floats(&digest, dataset->x, dataset->rows * dataset->features.count);
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
    bp_digest_finish(&digest, hex);
}
