/* Which cells a row of x has. A date takes seven of them, so the cells can be laid out only when
 * the first row has been seen; until then its texts are kept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder_state.h"
#include "cell_text.h"
#include "datetime.h"

enum { CELL_NAME_SIZE = 256, FIRST_ROWS = 1024 };
static const size_t MAX_ROWS = UINT32_MAX; /* what a shuffle can order */

/* --- arrays of rows ------------------------------------------------------------------------- */

bool bp_builder_enlarge(void *array, size_t count, size_t width) {
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
bp_status bp_builder_reserve(bp_dataset_builder *builder, size_t rows, bp_error *err) {
    if (rows > MAX_ROWS) {
        return bp_fail(err, BP_TOO_LARGE, NULL, "a data set has at most %zu rows", MAX_ROWS);
    }
    if (rows <= builder->capacity) {
        return BP_OK;
    }
    size_t grown = builder->capacity == 0 ? FIRST_ROWS : builder->capacity / 2 * 3;
    grown = grown < rows ? rows : grown;
    grown = grown > MAX_ROWS ? MAX_ROWS : grown;
    const size_t targets = builder->columns.targets.count;
    bool done = targets == 0 || bp_builder_enlarge(&builder->y, grown, targets);
    done = done && (targets != 1 || bp_builder_enlarge(&builder->spelling, grown, 1));
    done = done &&
           (builder->columns.weights.count == 0 || bp_builder_enlarge(&builder->weight, grown, 1));
    if (!done) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu rows of %zu columns", grown,
                       builder->columns.count);
    }
    builder->capacity = grown;
    return BP_OK;
}

/* --- columns -------------------------------------------------------------------------------- */

bp_status bp_builder_open_columns(bp_dataset_builder *builder, bp_error *err) {
    const size_t count = builder->columns.count;
    builder->reader = calloc(count, sizeof *builder->reader);
    builder->plan = calloc(count, sizeof *builder->plan);
    builder->first_row = calloc(count, sizeof *builder->first_row);
    builder->non_finite = calloc(count, sizeof *builder->non_finite);
    if (builder->reader == NULL || builder->plan == NULL || builder->first_row == NULL ||
        builder->non_finite == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", count);
    }
    builder->lone = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const bp_source_column *source = &builder->columns.source[i];
        bp_column_reader_start(&builder->reader[i]);
        if (source->role == BP_ROLE_TARGET && builder->columns.targets.count == 1) {
            builder->lone = i;
        }
        builder->plan[i].how = source->role == BP_ROLE_IGNORED ? BP_CELL_SKIP : BP_CELL_TEXT;
    }
    return BP_OK;
}

/* --- cells ---------------------------------------------------------------------------------- */

static bool is_date(const char *text) {
    float parts[BP_DATETIME_PARTS];
    const bp_cell cell = bp_cell_trim(bp_cell_of(text != NULL ? text : ""));
    return bp_datetime_parse(cell.text, cell.size, parts);
}

static bp_status name_cells(bp_dataset_builder *builder, const bp_source_column *source,
                            bp_error *err) {
    if (source->cells == 1) {
        return bp_names_add(&builder->features, source->name, strlen(source->name), err);
    }
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < source->cells; i++) {
        char name[CELL_NAME_SIZE];
        int size = bp_column_cell_name(source, i, name, sizeof name);
        size = size < CELL_NAME_SIZE ? size : CELL_NAME_SIZE - 1;
        status = bp_names_add(&builder->features, name, (size_t)size, err);
    }
    return status;
}

/* A new data set's columns get their cells one after the other; those that go on have them. */
static bp_status place_feature(bp_dataset_builder *builder, size_t i, bp_error *err) {
    bp_source_column *source = &builder->columns.source[i];
    bp_column_reader *reader = &builder->reader[i];
    if (source->cells == 0) {
        const bool date = !source->is_declared && is_date(builder->first_row[i]);
        source->type = date ? BP_COLUMN_DATETIME : source->type;
        source->first = builder->features.count;
        source->cells = bp_column_cells(source->type);
        reader->is_fixed = source->is_declared || date;
    }
    reader->type = source->type;
    reader->is_exact = source->is_declared;
    builder->plan[i].at = (uint32_t)source->first;
    if (source->role == BP_ROLE_FEATURE) {
        builder->plan[i].how = source->type == BP_COLUMN_NUMERIC && !builder->missing.has_numbers
                                   ? BP_CELL_NUMBER
                                   : BP_CELL_TEXT;
    }
    return name_cells(builder, source, err);
}

static void place_others(bp_dataset_builder *builder) {
    const size_t width = builder->features.count, targets = builder->columns.targets.count;
    for (size_t i = 0; i < builder->columns.count; i++) {
        const bp_source_column *source = &builder->columns.source[i];
        if (source->role == BP_ROLE_TARGET) {
            builder->plan[i].at = (uint32_t)(width + source->first);
            builder->plan[i].how = i == builder->lone ? BP_CELL_TEXT : BP_CELL_NUMBER;
        } else if (source->role == BP_ROLE_WEIGHT) {
            builder->plan[i].at = (uint32_t)(width + targets);
        }
    }
}

/* A lone target that is declared is told what it is before its first cell. */
static void open_target(bp_dataset_builder *builder) {
    if (builder->lone == SIZE_MAX || !builder->columns.source[builder->lone].is_declared) {
        return;
    }
    if (builder->columns.source[builder->lone].type == BP_COLUMN_CATEGORICAL) {
        builder->target.has_text = true;
    } else {
        builder->target.has_overflowed = true;
    }
}

bp_status bp_builder_lay_out(bp_dataset_builder *builder, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < builder->columns.count; i++) {
        const bp_source_column *source = &builder->columns.source[i];
        if (source->role == BP_ROLE_FEATURE || source->cells > 0) {
            status = place_feature(builder, i, err);
        }
    }
    if (status != BP_OK) {
        return status;
    }
    place_others(builder);
    open_target(builder);
    const size_t floats =
        builder->features.count + builder->columns.targets.count + builder->columns.weights.count;
    builder->row = malloc(floats * sizeof *builder->row);
    if (builder->row == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a row of %zu cells", floats);
    }
    /* What a skipped column has for a cell. */
    for (size_t i = 0; i < floats; i++) {
        builder->row[i] = NAN;
    }
    return BP_OK;
}
