/* A set of strings that numbers them in the order of their first appearance; constant time. */
#ifndef BP_LABEL_TABLE_H
#define BP_LABEL_TABLE_H

#include "dataset.h"

typedef struct bp_label_table {
    bp_names labels;  /* [labels.count] */
    uint64_t *hashes; /* [labels.count] */
    uint32_t *slots;  /* [slot_count], open addressing: 0 or index + 1 */
    size_t slot_count;
    uint64_t key[2]; /* of the hash: random, so that nobody can prepare collisions */
} bp_label_table;

/* A table of no labels; nothing to free yet. */
void bp_label_table_start(bp_label_table *table);
void bp_label_table_clear(bp_label_table *table);

/* The index of a label, or SIZE_MAX. */
size_t bp_label_table_find(const bp_label_table *table, bp_cell label);

/* The index of a label, which is added where it is new. The text must hold no NUL; fewer than 2^31
 * labels. NO_MEMORY. */
BP_NODISCARD bp_status bp_label_table_add(bp_label_table *table, bp_cell label, size_t *index,
                                          bp_error *err);

#endif
