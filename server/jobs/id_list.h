/* A sorted list of ids, each with a value: the table of jobs, the queue, the users of an object.
 * Not locked: its owner's lock guards it. */
#ifndef BP_ID_LIST_H
#define BP_ID_LIST_H

#include <stdbool.h>

#include "status.h"

typedef struct bp_id_item {
    uint64_t id;
    void *value; /* borrowed */
} bp_id_item;

typedef struct bp_id_list {
    size_t count;
    size_t capacity;
    bp_id_item *item; /* [count], ascending by id */
} bp_id_list;

/* Room for one more, so that the next insertion cannot fail. NO_MEMORY. */
BP_NODISCARD bp_status bp_id_list_reserve(bp_id_list *list, bp_error *err);
/* Into reserved room; an id that is there already gets the new value. */
void bp_id_list_insert(bp_id_list *list, uint64_t id, void *value);
/* Index of the first item whose id is not below `id`; count: none. */
size_t bp_id_list_lower_bound(const bp_id_list *list, uint64_t id);
/* NULL: not there. Valid until the list changes. */
bp_id_item *bp_id_list_find(const bp_id_list *list, uint64_t id);
/* Whether it was there. */
bool bp_id_list_remove(bp_id_list *list, uint64_t id);
void bp_id_list_clear(bp_id_list *list);

#endif
