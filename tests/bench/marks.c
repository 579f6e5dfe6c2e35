#include "marks.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ON SIZE_MAX
#define LARGEST "784-2500-2000-1500-1000-500-10"

static const bp_mark marks[] = {
    /* net, minibatch from, to, threads, optimiser, of what, at least */
    {"4-16-3", 1, 1, 1, "sgd", BP_MARK_PEAK, 0.03},
    {"4-16-3", 16, 64, 1, "sgd", BP_MARK_TORCH, 100},
    {"4-16-3", 1, 255, 2, "sgd", BP_MARK_SCALING, 1},
    {"4-16-3", 256, ON, 2, "sgd", BP_MARK_SCALING, 1.5},

    {"28-64-64-1", 16, 16, 1, "sgd", BP_MARK_TORCH, 25},
    {"28-64-64-1", 64, 64, 1, "sgd", BP_MARK_TORCH, 7},
    {"28-64-64-1", 256, 256, 1, "sgd", BP_MARK_TORCH, 3},
    {"28-64-64-1", 64, ON, 1, "sgd", BP_MARK_PEAK, 0.70},
    {"28-64-64-1", 64, 64, 2, "sgd", BP_MARK_TORCH, 9},
    {"28-64-64-1", 256, 256, 2, "sgd", BP_MARK_TORCH, 5},

    {"64-128-10", 16, 16, 1, "sgd", BP_MARK_TORCH, 25},
    {"64-128-10", 64, 64, 1, "sgd", BP_MARK_TORCH, 7},
    {"64-128-10", 256, 256, 1, "sgd", BP_MARK_TORCH, 3},
    {"64-128-10", 64, ON, 1, "sgd", BP_MARK_PEAK, 0.70},
    {"64-128-10", 64, 64, 2, "sgd", BP_MARK_TORCH, 9},
    {"64-128-10", 256, 256, 2, "sgd", BP_MARK_TORCH, 5},

    {"784-128-10", 64, 64, 1, "sgd", BP_MARK_TORCH, 2.1},
    {"784-128-10", 64, ON, 1, "sgd", BP_MARK_PEAK, 0.90},
    {"784-128-10", 64, 64, 2, "sgd", BP_MARK_TORCH, 3.5},
    {"784-128-10", 64, 64, 2, "sgd", BP_MARK_SCALING, 1.8},
    {"784-128-10", 256, 256, 2, "sgd", BP_MARK_SCALING, 1.9},

    {"784-256-128-10", 64, 64, 1, "sgd", BP_MARK_TORCH, 1.7},
    {"784-256-128-10", 64, ON, 1, "sgd", BP_MARK_PEAK, 0.90},
    {"784-256-128-10", 64, 64, 2, "sgd", BP_MARK_TORCH, 2.2},
    {"784-256-128-10", 64, 64, 2, "sgd", BP_MARK_SCALING, 1.8},
    {"784-256-128-10", 256, 256, 2, "sgd", BP_MARK_SCALING, 1.9},

    {"784-800-10", 64, ON, 1, "sgd", BP_MARK_PEAK, 0.92},
    {"784-800-10", 64, 64, 2, "sgd", BP_MARK_TORCH, 1.35},
    {"784-800-10", 1024, 1024, 2, "sgd", BP_MARK_TORCH, 1.15},
    {"784-800-10", 64, ON, 2, "sgd", BP_MARK_SCALING, 1.95},

    {"512-512-512-512", 64, ON, 1, "sgd", BP_MARK_PEAK, 0.92},
    {"512-512-512-512", 64, 64, 2, "sgd", BP_MARK_TORCH, 1.35},
    {"512-512-512-512", 1024, 1024, 2, "sgd", BP_MARK_TORCH, 1.15},
    {"512-512-512-512", 64, ON, 2, "sgd", BP_MARK_SCALING, 1.95},

    {LARGEST, 64, ON, 1, "sgd", BP_MARK_PEAK, 0.92},
    {LARGEST, 64, 64, 2, "sgd", BP_MARK_TORCH, 1.35},
    {LARGEST, 1024, 1024, 2, "sgd", BP_MARK_TORCH, 1.15},
    {LARGEST, 64, ON, 2, "sgd", BP_MARK_SCALING, 1.95},

    {NULL, 64, ON, 0, "momentum", BP_MARK_OPTIMIZER, 0.90},
    {NULL, 64, ON, 0, "adam", BP_MARK_OPTIMIZER, 0.75},
};
enum { MARKS = sizeof marks / sizeof marks[0] };

/* How a kind is named, and its values printed. */
static const struct {
    const char *name, *title, *unit;
    double times;
} kinds[BP_MARK_KINDS] = {
    [BP_MARK_TORCH] = {"torch", "PyTorch", "x", 1},
    [BP_MARK_PEAK] = {"peak", "peak", " %", 100},
    [BP_MARK_SCALING] = {"scaling", "1 thread", "x", 1},
    [BP_MARK_OPTIMIZER] = {"optimizer", "SGD", "x", 1},
};

static bool applies(const bp_mark *mark, const bp_measured *m) {
    return (mark->net == NULL || strcmp(mark->net, m->net) == 0) && mark->least_batch <= m->batch &&
           m->batch <= mark->most_batch && (mark->threads == 0 || mark->threads == m->threads) &&
           strcmp(mark->optimizer, m->optimizer) == 0 && m->value[mark->kind] > 0;
}

const bp_mark *bp_mark_next(const bp_measured *measured, size_t from, size_t *next) {
    for (size_t i = from; i < MARKS; i++) {
        if (applies(&marks[i], measured)) {
            *next = i + 1;
            return &marks[i];
        }
    }
    return NULL;
}

void bp_mark_tell(const bp_mark *mark, const bp_measured *measured, char text[64],
                  bp_mark_count *count) {
    double value = measured->value[mark->kind];
    int end = snprintf(text, 64, "%s %g%s ", kinds[mark->kind].title,
                       mark->at_least * kinds[mark->kind].times, kinds[mark->kind].unit);
    if (value >= mark->at_least) {
        count->met++;
        snprintf(text + end, (size_t)(64 - end), "met");
    } else {
        count->missed++;
        snprintf(text + end, (size_t)(64 - end), "missed by %.2g %%",
                 100 * (1 - value / mark->at_least));
    }
}

const char *bp_mark_kind_name(bp_mark_kind kind) {
    return kinds[kind].name;
}
