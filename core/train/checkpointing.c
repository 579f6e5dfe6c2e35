#include "checkpointing.h"

bp_segments bp_segments_cut(size_t layers, size_t count) {
    bp_segments segments = {.count = count};
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        last += layers / count + (i < layers % count);
        segments.last[i] = last;
    }
    return segments;
}

static size_t segment_of(const bp_segments *segments, size_t l) {
    size_t i = 0;
    while (segments->last[i] < l) {
        i++;
    }
    return i;
}

bool bp_segments_is_border(const bp_segments *segments, size_t l) {
    return segments->last[segment_of(segments, l)] == l;
}

/* The owners are in the first segment, which is the longest: layers as far from their border as
 * they are. */
bp_array_owners bp_segments_owners(const bp_segments *segments, size_t l) {
    if (l == 0) {
        return (bp_array_owners){0};
    }
    const size_t i = segment_of(segments, l);
    const bool border = segments->last[i] == l;
    const size_t like = segments->last[0] - (segments->last[i] - l);
    return (bp_array_owners){
        .x = border ? l : like, .trace = like, .ds = border ? segments->last[i % 2] : like};
}
