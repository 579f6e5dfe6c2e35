#include "block_shares.h"

#include <stdlib.h>

typedef struct sharing {
    const bp_block *blocks;
    size_t count, workers;
    size_t by_columns;
    size_t *owner; /* [count] */
    size_t *load;  /* [workers], weights */
} sharing;

static size_t weights_of(const bp_block *block) {
    return block->inputs * block->units;
}

static void give(sharing *s, size_t block, size_t worker) {
    s->owner[block] = worker;
    s->load[worker] += weights_of(&s->blocks[block]);
}

/* Whether `a` comes before `b` in a layer's memory as it is cut, or is it. */
static bool precedes(const sharing *s, const bp_block *a, const bp_block *b) {
    const bool same_inputs = a->first_input == b->first_input;
    const bool same_units = a->first_unit == b->first_unit;
    if (a->layer <= s->by_columns) {
        return same_units ? a->first_input <= b->first_input : a->first_unit < b->first_unit;
    }
    return same_inputs ? a->first_unit <= b->first_unit : a->first_input < b->first_input;
}

/* Blocks [from, to) of a layer in equal parts, as far as blocks can be. */
static void cut_layer(sharing *s, size_t from, size_t to) {
    size_t all = 0;
    for (size_t i = from; i < to; i++) {
        all += weights_of(&s->blocks[i]);
    }
    for (size_t i = from; i < to; i++) {
        size_t until = 0; /* its end */
        for (size_t k = from; k < to; k++) {
            until += precedes(s, &s->blocks[k], &s->blocks[i]) ? weights_of(&s->blocks[k]) : 0;
        }
        give(s, i, (2 * until - weights_of(&s->blocks[i])) * s->workers / (2 * all));
    }
}

/* Those of a layer with too few, to whom has least. */
static void fill_up(sharing *s, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        size_t idlest = 0;
        for (size_t w = 1; w < s->workers; w++) {
            idlest = s->load[w] < s->load[idlest] ? w : idlest;
        }
        give(s, i, idlest);
    }
}

static size_t end_of_layer(const sharing *s, size_t from) {
    size_t to = from;
    while (to < s->count && s->blocks[to].layer == s->blocks[from].layer) {
        to++;
    }
    return to;
}

static void choose_owners(sharing *s) {
    for (int pass = 0; pass < 2; pass++) {
        for (size_t from = 0, to; from < s->count; from = to) {
            to = end_of_layer(s, from);
            const bool enough = to - from >= s->workers;
            if (enough && pass == 0) {
                cut_layer(s, from, to);
            } else if (!enough && pass == 1) {
                fill_up(s, from, to);
            }
        }
    }
}

static void sort_by_owner(const sharing *s, bp_block_shares *out) {
    size_t filled = 0;
    for (size_t w = 0; w < s->workers; w++) {
        out->first[w] = filled;
        for (size_t i = 0; i < s->count; i++) {
            if (s->owner[i] == w) {
                out->order[filled++] = i;
            }
        }
    }
    out->first[s->workers] = filled;
}

bp_status bp_block_shares_new(bp_block_shares *out, const bp_block_list *list, size_t workers,
                              bp_error *err) {
    const size_t count = list->count;
    sharing s = {
        .blocks = list->blocks, .count = count, .workers = workers, .by_columns = list->by_columns};
    s.owner = calloc(count, sizeof *s.owner);
    s.load = calloc(workers, sizeof *s.load);
    out->order = calloc(count, sizeof *out->order);
    out->first = calloc(workers + 1, sizeof *out->first);
    const bool complete =
        s.owner != NULL && s.load != NULL && out->order != NULL && out->first != NULL;
    if (complete) {
        choose_owners(&s);
        sort_by_owner(&s, out);
    }
    free(s.owner);
    free(s.load);
    return complete ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the blocks' shares");
}

void bp_block_shares_clear(bp_block_shares *shares) {
    free(shares->order);
    free(shares->first);
    *shares = (bp_block_shares){0};
}
