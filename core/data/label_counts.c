#include "label_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frequent_values.h"

enum { MAX_COUNTERS = 1 << 23 };

static bool has_labels(const bp_source_column *source) {
    return source->cells == 1 && source->role == BP_ROLE_FEATURE &&
           (source->type == BP_COLUMN_CATEGORICAL || source->type == BP_COLUMN_BOOLEAN);
}

static void clear_numbers(bp_column_stats *stats) {
    *stats = (bp_column_stats){.min = NAN,
                               .max = NAN,
                               .mean = NAN,
                               .standard_deviation = NAN,
                               .quartile = {NAN, NAN, NAN},
                               .missing = stats->missing,
                               .non_finite = stats->non_finite};
}

static void tell_labels(bp_column_stats *stats, const uint32_t *counts, size_t labels) {
    stats->distinct = labels;
    stats->frequent_count = 0;
    for (size_t l = 0; l < labels; l++) {
        if (counts[l] > 0) {
            bp_frequent_values_add(stats, (double)l, counts[l]);
        }
    }
}

/* --- features ------------------------------------------------------------------------------- */

/* Columns that are counted in one pass over the rows. */
typedef struct batch {
    size_t begin, end; /* source columns */
    size_t *cell;      /* [columns]: their places in a row of x */
    size_t *offset;    /* [columns]: their first counter */
    size_t columns, counters;
    uint32_t *counts; /* [MAX_COUNTERS at most] */
} batch;

/* Takes columns from `begin` on, one at least, as long as there are counters for them. */
static void fill(batch *b, const bp_dataset *dataset) {
    b->columns = b->counters = 0;
    for (b->end = b->begin; b->end < dataset->source_count; b->end++) {
        const bp_source_column *source = &dataset->source[b->end];
        if (!has_labels(source)) {
            continue;
        }
        if (b->columns > 0 && b->counters + source->labels.count > MAX_COUNTERS) {
            break;
        }
        b->cell[b->columns] = source->first;
        b->offset[b->columns++] = b->counters;
        b->counters += source->labels.count;
    }
}

static void count_rows(batch *b, const bp_dataset *dataset) {
    memset(b->counts, 0, b->counters * sizeof *b->counts);
    for (size_t i = 0; i < dataset->rows; i++) {
        const float *row = dataset->x + i * dataset->features.count;
        for (size_t k = 0; k < b->columns; k++) {
            const float label = row[b->cell[k]];
            if (!isnan(label)) {
                b->counts[b->offset[k] + (size_t)label]++;
            }
        }
    }
}

static void tell_batch(const batch *b, bp_dataset *dataset) {
    for (size_t i = b->begin, k = 0; i < b->end; i++) {
        const bp_source_column *source = &dataset->source[i];
        if (has_labels(source)) {
            bp_column_stats *stats = &dataset->stats[source->first];
            clear_numbers(stats);
            tell_labels(stats, b->counts + b->offset[k++], source->labels.count);
        }
    }
}

static size_t counters_needed(const bp_dataset *dataset, size_t *columns) {
    size_t needed = 0;
    for (size_t i = 0; i < dataset->source_count; i++) {
        if (has_labels(&dataset->source[i])) {
            needed += dataset->source[i].labels.count;
            ++*columns;
        }
    }
    return needed < MAX_COUNTERS ? needed : MAX_COUNTERS;
}

bp_status bp_label_counts_features(bp_dataset *dataset, bp_error *err) {
    size_t columns = 0;
    const size_t counters = counters_needed(dataset, &columns);
    if (columns == 0) {
        return BP_OK;
    }
    bp_status status = BP_OK;
    batch b = {.cell = malloc(columns * sizeof *b.cell),
               .offset = malloc(columns * sizeof *b.offset),
               .counts = malloc((counters + 1) * sizeof *b.counts)};
    if (b.cell == NULL || b.offset == NULL || b.counts == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for statistics");
    }
    for (; status == BP_OK && b.begin < dataset->source_count; b.begin = b.end) {
        fill(&b, dataset);
        count_rows(&b, dataset);
        tell_batch(&b, dataset);
    }
    free(b.cell);
    free(b.offset);
    free(b.counts);
    return status;
}

/* --- classes -------------------------------------------------------------------------------- */

bp_status bp_label_counts_classes(bp_dataset *dataset, bp_error *err) {
    const size_t classes = dataset->classes.count;
    uint32_t *counts = calloc(classes, sizeof *counts);
    if (counts == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for statistics");
    }
    for (size_t i = 0; i < dataset->rows; i++) {
        counts[dataset->class_index[i]]++;
    }
    tell_labels(&dataset->stats[dataset->features.count], counts, classes);
    free(counts);
    return BP_OK;
}
