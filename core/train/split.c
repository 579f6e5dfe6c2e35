/* A split is drawn in two moves: each kind marks the rows that it holds out, and one pass over the
 * marks writes both parts, ascending. The kinds see only the rows that take part: position i of
 * them is row kept[i] of the data. */
#include "split.h"

#include <math.h>
#include <stdlib.h>

#include "philox.h"
#include "split_column.h"
#include "validation_interval.h"

#define X(name, wire, meaning) wire,
static const char *const names[] = {BP_SPLIT_KIND_TABLE(X)};
#undef X
#define X(name, wire, meaning) (meaning),
static const char *const meanings[] = {BP_SPLIT_KIND_TABLE(X)};
#undef X

const bp_vocabulary bp_split_kinds = {"split", BP_SPLIT_KIND_COUNT, names, meanings};

typedef struct draw {
    const bp_dataset *data;
    const bp_split_options *options;
    uint64_t seed;
    size_t count;    /* rows that take part */
    uint32_t *kept;  /* [count] ascending */
    uint32_t *order; /* [count] positions; the kinds' to use */
    uint8_t *held;   /* [data rows], zeros for the kinds to mark */
} draw;

/* --- drawn from the seed -------------------------------------------------------------------- */

static void shuffle(draw *d) {
    bp_random_permutation(d->seed, BP_STREAM_SPLIT, 0, d->count, d->order);
}

static bp_status count_classes(size_t **out, const draw *d, bp_error *err) {
    if (d->data->class_index == NULL) {
        return bp_fail(err, BP_INVALID, "/validation/stratify",
                       "the target '%.60s' is no set of classes: there is nothing to stratify by",
                       d->data->targets.item[0]);
    }
    size_t *count = calloc(d->data->classes.count, sizeof *count);
    if (count == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to count classes");
    }
    for (size_t i = 0; i < d->count; i++) {
        count[d->data->class_index[d->kept[i]]]++;
    }
    *out = count;
    return BP_OK;
}

typedef struct class_share {
    uint64_t rest;
    size_t class;
} class_share;

static int largest_first(const void *a, const void *b) {
    const class_share *x = a, *y = b;
    return x->rest != y->rest ? (x->rest < y->rest ? 1 : -1)
                              : (x->class > y->class) - (x->class < y->class);
}

/* Rows of each class into those of it to be held out, `total` in all. */
static bp_status share_out(size_t *count, size_t classes, const draw *d, size_t total,
                           bp_error *err) {
    class_share *left = calloc(classes, sizeof *left);
    if (left == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to count classes");
    }
    size_t given = 0;
    for (size_t k = 0; k < classes; k++) {
        const uint64_t part = (uint64_t)count[k] * total; /* both < 2^32 */
        left[k] = (class_share){.rest = part % d->count, .class = k};
        count[k] = (size_t)(part / d->count);
        given += count[k];
    }
    qsort(left, classes, sizeof *left, largest_first);
    for (size_t i = 0; given < total; i++, given++) {
        count[left[i].class]++;
    }
    free(left);
    return BP_OK;
}

static size_t rows_of_fraction(const draw *d) {
    return (size_t)((double)d->count * d->options->fraction);
}

/* The last of the shuffled rows; stratified: of each class. */
static bp_status mark_fraction(draw *d, bp_error *err) {
    const size_t total = rows_of_fraction(d);
    size_t *quota = NULL;
    bp_status status = d->options->stratify ? count_classes(&quota, d, err) : BP_OK;
    if (status == BP_OK && quota != NULL) {
        status = share_out(quota, d->data->classes.count, d, total, err);
    }
    if (status == BP_OK && total > 0) {
        shuffle(d);
        for (size_t i = d->count, left = total; left > 0;) {
            const uint32_t row = d->kept[d->order[--i]];
            if (quota == NULL || quota[d->data->class_index[row]] > 0) {
                d->held[row] = 1;
                left--;
                if (quota != NULL) {
                    quota[d->data->class_index[row]]--;
                }
            }
        }
    }
    free(quota);
    return status;
}

/* Dealt in turn; stratified: after a stable sort by class, so that a fold's rows of a class differ
 * by one at most from the next fold's. */
static bp_status mark_fold(draw *d, bp_error *err) {
    const bp_split_options *o = d->options;
    size_t *next = NULL;
    if (o->folds > d->count) {
        return bp_fail(err, BP_INVALID, "/validation/folds", "%zu folds of %zu rows", o->folds,
                       d->count);
    }
    bp_status status = o->stratify ? count_classes(&next, d, err) : BP_OK;
    if (status != BP_OK) {
        return status;
    }
    for (size_t k = 0, begin = 0; next != NULL && k < d->data->classes.count; k++) {
        const size_t count = next[k];
        next[k] = begin;
        begin += count;
    }
    shuffle(d);
    for (size_t i = 0; i < d->count; i++) {
        const uint32_t row = d->kept[d->order[i]];
        const size_t place = next != NULL ? next[d->data->class_index[row]]++ : i;
        d->held[row] = place % o->folds == o->fold;
    }
    free(next);
    return BP_OK;
}

/* --- told by the data ----------------------------------------------------------------------- */

typedef struct moment {
    double time;
    uint32_t row;
} moment;

static int later_first(const void *a, const void *b) {
    const moment *x = a, *y = b;
    return x->time != y->time ? (x->time < y->time ? 1 : -1)
                              : (x->row < y->row) - (x->row > y->row);
}

static bp_status find_column(bp_split_column *out, const draw *d, const char *field,
                             bp_error *err) {
    const char *name = d->options->column;
    if (!bp_split_column_find(out, d->data, name)) {
        return bp_fail(err, BP_INVALID, field, "the data set has no column '%.100s'", name);
    }
    return BP_OK;
}

static bp_status mark_latest(draw *d, bp_error *err) {
    bp_split_column column;
    bp_status status = find_column(&column, d, "/validation/time_column", err);
    if (status == BP_OK && (column.number == NULL || column.codes != NULL)) {
        status = bp_fail(err, BP_INVALID, "/validation/time_column",
                         "the column '%.100s' is text, and rows are ordered by numbers",
                         d->options->column);
    }
    moment *moments = status == BP_OK ? calloc(d->count, sizeof *moments) : NULL;
    if (status == BP_OK && moments == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory to order %zu rows", d->count);
    }
    if (status != BP_OK) {
        return status;
    }
    for (size_t i = 0; i < d->count; i++) {
        moments[i] =
            (moment){.time = bp_split_column_order(&column, d->kept[i]), .row = d->kept[i]};
    }
    qsort(moments, d->count, sizeof *moments, later_first);
    const size_t total = rows_of_fraction(d);
    for (size_t i = 0; i < total; i++) {
        d->held[moments[i].row] = 1;
    }
    free(moments);
    return BP_OK;
}

static bp_status mark_last(draw *d, bp_error *err) {
    (void)err;
    for (size_t i = d->count - rows_of_fraction(d); i < d->count; i++) {
        d->held[d->kept[i]] = 1;
    }
    return BP_OK;
}

static bp_status mark_time(draw *d, bp_error *err) {
    return d->options->column[0] == '\0' ? mark_last(d, err) : mark_latest(d, err);
}

static bp_status mark_value(draw *d, bp_error *err) {
    const bp_split_options *o = d->options;
    bp_split_column column;
    bp_split_value value;
    size_t found = 0;
    bp_status status = find_column(&column, d, "/validation/column", err);
    if (status != BP_OK) {
        return status;
    }
    const bool known = bp_split_value_read(&value, &column, o->value);
    for (size_t i = 0; known && i < d->count; i++) {
        d->held[d->kept[i]] = bp_split_value_is_of(&value, d->kept[i]);
        found += d->held[d->kept[i]];
    }
    if (found == 0 || found == d->count) {
        return bp_fail(err, BP_INVALID, "/validation/value", "%s of the %zu rows %s '%s' in '%s'",
                       found == 0 ? "none" : "each", d->count, found == 0 ? "have" : "has",
                       o->value, o->column);
    }
    return BP_OK;
}

/* None of these rows. */
static bp_status mark_none(draw *d, bp_error *err) {
    if (d->options->held_out == NULL) {
        return bp_fail(err, BP_INVALID, "/validation/dataset",
                       "the data set '%.100s' that is to be held out is not at hand",
                       d->options->dataset);
    }
    return BP_OK;
}

/* --- the options ---------------------------------------------------------------------------- */

static bp_status check_fraction(const bp_split_options *o, bp_error *err) {
    if (!(o->fraction >= 0 && o->fraction <= 0.9)) {
        return bp_fail(err, BP_INVALID, "/validation/fraction", "fraction must be in [0, 0.9]");
    }
    return BP_OK;
}

static bp_status check_folds(const bp_split_options *o, bp_error *err) {
    if (o->folds < 2 || o->folds > BP_MAX_FOLDS) {
        return bp_fail(err, BP_INVALID, "/validation/folds", "folds must be in 2..%d",
                       BP_MAX_FOLDS);
    }
    if (o->fold >= o->folds) {
        return bp_fail(err, BP_INVALID, "/validation/fold",
                       "fold must be in 0..%zu, for %zu folds are counted from 0", o->folds - 1,
                       o->folds);
    }
    return BP_OK;
}

static const struct {
    bp_status (*check)(const bp_split_options *o, bp_error *err); /* NULL: any will do */
    bp_status (*mark)(draw *d, bp_error *err);
} kinds[BP_SPLIT_KIND_COUNT] = {
    [BP_SPLIT_FRACTION] = {check_fraction, mark_fraction},
    [BP_SPLIT_LAST] = {check_fraction, mark_last},
    [BP_SPLIT_TIME] = {check_fraction, mark_time},
    [BP_SPLIT_FOLDS] = {check_folds, mark_fold},
    [BP_SPLIT_COLUMN] = {NULL, mark_value},
    [BP_SPLIT_DATASET] = {NULL, mark_none},
};

bp_status bp_split_options_check(const bp_split_options *o, bp_error *err) {
    bp_status status = bp_validation_interval_check(o, err);
    return status == BP_OK && kinds[o->kind].check != NULL ? kinds[o->kind].check(o, err) : status;
}

/* --- both parts ----------------------------------------------------------------------------- */

static bool takes_part(const uint8_t *excluded, size_t row) {
    return excluded == NULL || excluded[row] == 0;
}

static bp_status begin(draw *out, const bp_split_request *of, bp_error *err) {
    const size_t rows = of->data->rows;
    draw d = {.data = of->data,
              .options = of->options,
              .seed = of->seed,
              .kept = malloc(2 * rows * sizeof *d.kept),
              .held = calloc(rows, sizeof *d.held)};
    if (d.kept == NULL || d.held == NULL) {
        free(d.kept);
        free(d.held);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the order of %zu rows", rows);
    }
    for (size_t row = 0; row < rows; row++) {
        if (takes_part(of->excluded, row)) {
            d.kept[d.count++] = (uint32_t)row;
        }
    }
    d.order = d.kept + d.count;
    *out = d;
    return BP_OK;
}

/* Rows 0.. of the other data set, as far as they take part, to `rows`; how many. */
static size_t add_others(uint32_t *rows, const bp_split_request *of) {
    size_t count = 0;
    for (size_t row = 0; row < of->options->held_out->rows; row++) {
        if (takes_part(of->excluded_held_out, row)) {
            rows[count++] = (uint32_t)row;
        }
    }
    return count;
}

static bp_status write_parts(bp_split *out, const bp_split_request *of, const draw *d,
                             bp_error *err) {
    const bool others = d->options->kind == BP_SPLIT_DATASET;
    const size_t more = others ? d->options->held_out->rows : 0;
    bp_split split = {.rows = malloc((d->count + more + 1) * sizeof *split.rows),
                      .excluded = d->data->rows - d->count};
    if (split.rows == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the order of %zu rows", d->count);
    }
    for (size_t i = 0; i < d->count; i++) {
        if (!d->held[d->kept[i]]) {
            split.rows[split.training++] = d->kept[i];
        }
    }
    uint32_t *held = split.rows + split.training;
    for (size_t i = 0; i < d->count; i++) {
        if (d->held[d->kept[i]]) {
            held[split.validation++] = d->kept[i];
        }
    }
    split.validation += others ? add_others(held, of) : 0;
    if (split.training == 0) {
        bp_split_clear(&split);
        return bp_fail(err, BP_INVALID, "/dataset", "no row is left to train on");
    }
    *out = split;
    return BP_OK;
}

bp_status bp_split_draw(bp_split *out, const bp_split_request *request, bp_error *err) {
    draw d;
    bp_status status = begin(&d, request, err);
    if (status != BP_OK) {
        return status;
    }
    status = d.count > 0 ? kinds[request->options->kind].mark(&d, err) : BP_OK;
    if (status == BP_OK) {
        status = write_parts(out, request, &d, err);
    }
    free(d.kept);
    free(d.held);
    return status;
}

void bp_split_clear(bp_split *split) {
    free(split->rows);
    *split = (bp_split){0};
}
