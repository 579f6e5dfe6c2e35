/* Activation checkpointing: layers are cut into segments; of those below the last, the forward pass
 * leaves only x of their borders, and what lies between is computed again when the backward pass
 * gets there. The weights of a segment change only after its own backward pass, which no lower
 * segment reads, so all bits are those of ordinary training, which has one segment.
 *
 * T. Chen, B. Xu, C. Zhang, C. Guestrin 2016, "Training deep nets with sublinear memory cost",
 * section 3. */
#ifndef BP_CHECKPOINTING_H
#define BP_CHECKPOINTING_H

#include "network.h"

/* Layers 1..L in `count` runs, the longest first. The last layer of each is its border. */
typedef struct bp_segments {
    size_t count;
    size_t last[BP_MAX_LAYERS];
} bp_segments;

/* `count` in 1..layers nearly equal segments. 1: nothing is computed again. */
bp_segments bp_segments_cut(size_t layers, size_t count);

static inline size_t bp_segments_first(const bp_segments *segments, size_t i) {
    return i == 0 ? 1 : segments->last[i - 1] + 1;
}

/* Whether layer l is the last of a segment. */
bool bp_segments_is_border(const bp_segments *segments, size_t l);

/* What layer l's arrays are shared with: those with the same owner lie in the same memory. Layers
 * of one segment share nothing, and one segment's layers own theirs. */
typedef struct bp_array_owners {
    size_t x;     /* lives on where it is a border, or x(0) */
    size_t trace; /* needed while its segment goes backward and is updated */
    size_t ds;    /* likewise; a border's is made by the segment above, whose own must last */
} bp_array_owners;

bp_array_owners bp_segments_owners(const bp_segments *segments, size_t l);

#endif
