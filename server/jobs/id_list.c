#include "id_list.h"

#include <stdlib.h>
#include <string.h>

bp_status bp_id_list_reserve(bp_id_list *list, bp_error *err) {
    if (list->count < list->capacity) {
        return BP_OK;
    }
    size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
    bp_id_item *item = realloc(list->item, capacity * sizeof *item);
    if (item == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu ids", capacity);
    }
    list->item = item;
    list->capacity = capacity;
    return BP_OK;
}

size_t bp_id_list_lower_bound(const bp_id_list *list, uint64_t id) {
    size_t low = 0;
    for (size_t high = list->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (list->item[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bp_id_item *bp_id_list_find(const bp_id_list *list, uint64_t id) {
    size_t index = bp_id_list_lower_bound(list, id);
    return index < list->count && list->item[index].id == id ? &list->item[index] : NULL;
}

void bp_id_list_insert(bp_id_list *list, uint64_t id, void *value) {
    size_t index = bp_id_list_lower_bound(list, id);
    bool there = index < list->count && list->item[index].id == id;
    if (!there) {
        memmove(list->item + index + 1, list->item + index,
                (list->count - index) * sizeof *list->item);
        list->count++;
    }
    list->item[index] = (bp_id_item){.id = id, .value = value};
}

bool bp_id_list_remove(bp_id_list *list, uint64_t id) {
    bp_id_item *item = bp_id_list_find(list, id);
    if (item == NULL) {
        return false;
    }
    size_t after = list->count - (size_t)(item - list->item) - 1;
    memmove(item, item + 1, after * sizeof *item);
    list->count--;
    return true;
}

void bp_id_list_clear(bp_id_list *list) {
    free(list->item);
    *list = (bp_id_list){0};
}
