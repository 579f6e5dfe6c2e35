#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell_place.h"
#include "cell_text.h"
#include "column_stats.h"
#include "dataset_columns.h"
#include "decimal.h"
#include "memory.h"
#include "target_column.h"

enum { FIRST_BYTES = 1 << 16 };
static const size_t MAX_ROWS = UINT32_MAX; /* what a shuffle can order */

struct bp_dataset_builder {
    char *target_option, *weight_option;
    bp_dataset_columns columns;
    bp_target_column target; /* used where there is one target */
    size_t rows, capacity;   /* of the next three */
    float *x;                /* [capacity, features] */
    float *y;                /* [capacity, targets] */
    int32_t *spelling;       /* [capacity], for one target */
    float *weight;           /* [capacity], where there is a weight */
    bool is_finished;
};

bp_status bp_dataset_builder_new(bp_dataset_builder **out, const bp_dataset_options *options,
                                 bp_error *err) {
    const char *target = options != NULL && options->target != NULL ? options->target : "";
    bp_dataset_builder *builder = calloc(1, sizeof *builder);
    const char *weight = options != NULL && options->weight != NULL ? options->weight : "";
    char *target_copy = strdup(target), *weight_copy = strdup(weight);
    if (builder == NULL || target_copy == NULL || weight_copy == NULL) {
        free(builder);
        free(target_copy);
        free(weight_copy);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    builder->target_option = target_copy;
    builder->weight_option = weight_copy;
    bp_target_column_start(&builder->target);
    *out = builder;
    return BP_OK;
}

void bp_dataset_builder_free(bp_dataset_builder *builder) {
    if (builder == NULL) {
        return;
    }
    bp_target_column_clear(&builder->target);
    bp_dataset_columns_clear(&builder->columns);
    free(builder->target_option);
    free(builder->weight_option);
    free(builder->weight);
    free(builder->x);
    free(builder->y);
    free(builder->spelling);
    free(builder);
}

bp_status bp_dataset_builder_header(bp_dataset_builder *builder, const bp_names *columns,
                                    bp_error *err) {
    if (builder->columns.slot != NULL) {
        return bp_fail(err, BP_CONFLICT, NULL, "the columns are named already");
    }
    const bp_dataset_options options = {.target = builder->target_option,
                                        .weight = builder->weight_option};
    return bp_dataset_columns_set(&builder->columns, columns, &options, err);
}

/* --- rows ----------------------------------------------------------------------------------- */

/* Enlarges *array to count * width floats or int32_t. */
static bool enlarge(void *array, size_t count, size_t width) {
    _Static_assert(sizeof(float) == 4 && sizeof(int32_t) == 4, "elements of four bytes");
    size_t bytes;
    if (__builtin_mul_overflow(count, width * 4, &bytes) || bytes > SIZE_MAX / 2) {
        return false;
    }
    void *old;
    memcpy(&old, array, sizeof old);
    void *larger = realloc(old, bytes);
    if (larger == NULL) {
        return false;
    }
    memcpy(array, &larger, sizeof larger);
    return true;
}

/* realloc moves the pages of a large block, not its bytes: growing needs no second copy. */
static bp_status grow(bp_dataset_builder *builder, bp_error *err) {
    if (builder->rows == MAX_ROWS) {
        return bp_fail(err, BP_TOO_LARGE, NULL, "a data set has at most %zu rows", MAX_ROWS);
    }
    size_t features = builder->columns.features.count;
    size_t rows = builder->capacity == 0 ? FIRST_BYTES / (4 * features) + 1
                                         : builder->capacity + builder->capacity / 2 + 1;
    if (rows > MAX_ROWS) {
        rows = MAX_ROWS;
    }
    if (!enlarge(&builder->x, rows, features) ||
        !enlarge(&builder->y, rows, builder->columns.targets.count) ||
        !enlarge(&builder->spelling, rows, 1) ||
        (builder->columns.weights.count > 0 && !enlarge(&builder->weight, rows, 1))) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu rows of %zu columns", rows,
                       builder->columns.all.count);
    }
    builder->capacity = rows;
    return BP_OK;
}

static bp_cell_place place_of(const bp_dataset_builder *builder, size_t i, uint64_t line) {
    return (bp_cell_place){line, i + 1, builder->columns.all.item[i]};
}

static bp_status fail_number(const bp_cell_place *place, bp_cell cell, bp_error *err) {
    double value;
    cell = bp_cell_trim(cell);
    if (cell.size == 0) {
        return bp_cell_fail_empty(err, place);
    }
    const char *complaint = "is not a number";
    if (bp_decimal_parse(cell.text, cell.size, &value)) {
        complaint = "is beyond the range of float32";
    } else if (bp_decimal_is_nonfinite_word(cell.text, cell.size)) {
        complaint = "is not a finite number";
    }
    return bp_cell_fail(err, BP_INVALID, place, cell, complaint);
}

static bp_status read_target(bp_dataset_builder *builder, bp_cell cell, const bp_cell_place *place,
                             bp_error *err) {
    cell = bp_cell_trim(cell);
    if (cell.size == 0) {
        return bp_cell_fail_empty(err, place);
    }
    bp_target_value value;
    bp_status status = bp_target_column_add(&builder->target, cell, place, &value, err);
    if (status == BP_OK) {
        builder->y[builder->rows] = value.number;
        builder->spelling[builder->rows] = value.spelling;
    }
    return status;
}

/* All cells but a lone target's, which is SIZE_MAX where there is none: *lone is its column. */
static bp_status read_numbers(bp_dataset_builder *builder, const bp_cell *cells, uint64_t line,
                              size_t *lone, bp_error *err) {
    float *x = builder->x + builder->rows * builder->columns.features.count;
    float *y = builder->y + builder->rows * builder->columns.targets.count;
    size_t count = builder->columns.all.count;
    bool has_lone = builder->columns.targets.count == 1;
    *lone = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        int32_t slot = builder->columns.slot[i];
        if (slot < 0 && slot != BP_WEIGHT_SLOT && has_lone) {
            *lone = i;
            continue;
        }
        double value;
        if (!bp_decimal_parse(cells[i].text, cells[i].size, &value) || !isfinite((float)value)) {
            bp_cell_place place = place_of(builder, i, line);
            return fail_number(&place, cells[i], err);
        }
        if (slot == BP_WEIGHT_SLOT && value < 0) {
            bp_cell_place place = place_of(builder, i, line);
            return bp_cell_fail(err, BP_INVALID, &place, bp_cell_trim(cells[i]),
                                "is below 0: it is no weight");
        }
        float *to = slot == BP_WEIGHT_SLOT ? builder->weight + builder->rows
                    : slot < 0             ? y + ~slot
                                           : x + slot;
        *to = (float)value;
    }
    return BP_OK;
}

static bp_status check_width(const bp_dataset_builder *builder, size_t count, uint64_t line,
                             bp_error *err) {
    size_t columns = builder->columns.all.count;
    if (builder->columns.slot == NULL || builder->is_finished) {
        return bp_fail(err, BP_CONFLICT, NULL, "rows come after the header and before the end");
    }
    if (count < columns) {
        char name[BP_EXCERPT_SIZE];
        return bp_fail_at(err, BP_INVALID, line, count + 1,
                          "the row has %zu cells, the header has %zu: no value for column '%s'",
                          count, columns,
                          bp_text_excerpt(bp_cell_of(builder->columns.all.item[count]), name));
    }
    if (count > columns) {
        return bp_fail_at(err, BP_INVALID, line, columns + 1,
                          "the row has %zu cells, the header has %zu", count, columns);
    }
    return BP_OK;
}

bp_status bp_dataset_builder_row(bp_dataset_builder *builder, const bp_cell *cells, size_t count,
                                 uint64_t line, bp_error *err) {
    bp_status status = check_width(builder, count, line, err);
    if (status == BP_OK && builder->rows == builder->capacity) {
        status = grow(builder, err);
    }
    size_t lone;
    if (status == BP_OK) {
        status = read_numbers(builder, cells, line, &lone, err);
    }
    if (status == BP_OK && lone != SIZE_MAX) {
        bp_cell_place place = place_of(builder, lone, line);
        status = read_target(builder, cells[lone], &place, err);
    }
    if (status == BP_OK) {
        builder->rows++;
    }
    return status;
}

/* --- finish --------------------------------------------------------------------------------- */

static void *take(void *array) {
    void *taken;
    memcpy(&taken, array, sizeof taken);
    memset(array, 0, sizeof taken);
    return taken;
}

/* Moves the rows to memory of their exact size: x aligned for vectors, the rest trimmed. */
static bp_status take_arrays(bp_dataset_builder *builder, bp_dataset *dataset, bp_error *err) {
    size_t bytes = dataset->rows * dataset->features.count * sizeof(float);
    dataset->x =
        aligned_alloc(BP_ALIGNMENT, (bytes + BP_ALIGNMENT - 1) / BP_ALIGNMENT * BP_ALIGNMENT);
    if (dataset->x == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu bytes of features", bytes);
    }
    memcpy(dataset->x, builder->x, bytes);
    free(builder->x);
    builder->x = NULL;
    if (!enlarge(&builder->y, dataset->rows, dataset->targets.count) ||
        !enlarge(&builder->spelling, dataset->rows, 1) ||
        (builder->weight != NULL && !enlarge(&builder->weight, dataset->rows, 1))) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the targets");
    }
    dataset->y = take(&builder->y);
    dataset->class_index = take(&builder->spelling);
    dataset->weight = take(&builder->weight);
    return BP_OK;
}

static bp_status decide_target(bp_dataset_builder *builder, bp_dataset *dataset, bp_error *err) {
    bool numeric = true;
    if (dataset->targets.count == 1) {
        bp_status status =
            bp_target_column_finish(&builder->target, dataset->rows, dataset->class_index,
                                    &dataset->classes, &numeric, err);
        if (status != BP_OK) {
            return status;
        }
    }
    if (!numeric) {
        free(dataset->y);
        dataset->y = NULL;
    }
    if (dataset->classes.count == 0) {
        free(dataset->class_index);
        dataset->class_index = NULL;
    }
    return BP_OK;
}

static bp_status add_stats(bp_dataset *dataset, bp_error *err) {
    size_t features = dataset->features.count;
    size_t targets = dataset->targets.count, weights = dataset->weights.count;
    dataset->stats = malloc((features + targets + weights) * sizeof *dataset->stats);
    if (dataset->stats == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for statistics");
    }
    bp_column_stats_compute(dataset->x, dataset->rows, features, dataset->stats);
    bp_column_stats *target = dataset->stats + features;
    if (dataset->y != NULL) {
        bp_column_stats_compute(dataset->y, dataset->rows, targets, target);
    } else {
        *target = (bp_column_stats){.min = NAN, .max = NAN, .mean = NAN, .standard_deviation = NAN};
    }
    if (dataset->classes.count > 0) {
        target->distinct = dataset->classes.count;
    }
    if (weights > 0) {
        bp_column_stats_compute(dataset->weight, dataset->rows, 1, target + targets);
    }
    return BP_OK;
}

bp_status bp_dataset_builder_finish(bp_dataset_builder *builder, bp_dataset **out, bp_error *err) {
    if (builder->rows == 0 || builder->is_finished) {
        return bp_fail(err, BP_INVALID, NULL,
                       builder->is_finished ? "the data set is finished already"
                                            : "the data set has no rows");
    }
    builder->is_finished = true;
    bp_dataset *dataset = calloc(1, sizeof *dataset);
    if (dataset == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    atomic_init(&dataset->references, 1);
    dataset->rows = builder->rows;
    dataset->features = builder->columns.features; /* taken, as are the targets */
    dataset->targets = builder->columns.targets;
    dataset->weights = builder->columns.weights;
    builder->columns.features = builder->columns.targets = (bp_names){0};
    builder->columns.weights = (bp_names){0};
    bp_status status = take_arrays(builder, dataset, err);
    if (status == BP_OK) {
        status = decide_target(builder, dataset, err);
    }
    if (status == BP_OK) {
        status = add_stats(dataset, err);
    }
    if (status != BP_OK) {
        bp_dataset_unref(dataset);
        return status;
    }
    bp_dataset_digest(dataset, dataset->sha256);
    *out = dataset;
    return BP_OK;
}
