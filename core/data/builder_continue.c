/* A builder that goes on from a data set: its columns and rows, then more rows, whose header may
 * name the columns in another order. */
#include <stdlib.h>
#include <string.h>

#include "builder_state.h"
#include "cell_text.h"

static bp_status continue_labels(bp_dataset_builder *builder, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; i < builder->columns.count; i++) {
        bp_source_column *source = &builder->columns.source[i];
        bp_column_reader *reader = &builder->reader[i];
        reader->is_fixed = true;
        for (size_t l = 0; status == BP_OK && l < source->labels.count; l++) {
            size_t index;
            status = bp_label_table_add(&reader->labels, bp_cell_of(source->labels.item[l]), &index,
                                        err);
        }
        bp_names_clear(&source->labels);
    }
    return status;
}

static bp_status continue_target(bp_dataset_builder *builder, const bp_dataset *base,
                                 bp_error *err) {
    bp_target_column *target = &builder->target;
    bp_status status = BP_OK;
    target->has_text = base->y == NULL;
    target->has_fraction = target->has_overflowed = base->classes.count == 0;
    for (size_t i = 0; status == BP_OK && i < base->classes.count; i++) {
        size_t index;
        status =
            bp_label_table_add(&target->labels, bp_cell_of(base->classes.item[i]), &index, err);
    }
    for (size_t i = 0; builder->lone != SIZE_MAX && i < base->rows; i++) {
        builder->spelling[i] = base->class_index != NULL ? base->class_index[i] : -1;
    }
    if (base->y != NULL) {
        memcpy(builder->y, base->y, base->rows * base->targets.count * sizeof *base->y);
    } else if (base->targets.count > 0) {
        memset(builder->y, 0, base->rows * sizeof *base->y);
    }
    return status;
}

static bp_status continue_rows(bp_dataset_builder *builder, const bp_dataset *base, bp_error *err) {
    const size_t width = base->features.count;
    bp_status status = bp_builder_reserve(builder, base->rows, err);
    if (status == BP_OK) {
        status = continue_target(builder, base, err);
    }
    if (status == BP_OK) {
        status = bp_row_spool_add(&builder->spool, base->x, base->rows * width, err);
    }
    if (status == BP_OK) {
        if (base->weight != NULL) {
            memcpy(builder->weight, base->weight, base->rows * sizeof *base->weight);
        }
        builder->rows = base->rows;
    }
    return status;
}

bp_status bp_builder_go_on(bp_dataset_builder *builder, bp_error *err) {
    bp_status status = bp_builder_open_columns(builder, err);
    if (status == BP_OK) {
        status = continue_labels(builder, err);
    }
    if (status == BP_OK) {
        status = bp_builder_lay_out(builder, err);
        bp_builder_forget_first_row(builder);
    }
    return status;
}

bp_status bp_dataset_builder_continue(bp_dataset_builder *builder, const bp_dataset *base,
                                      bp_error *err) {
    if (builder->columns.count > 0) {
        return bp_fail(err, BP_CONFLICT, NULL, "the columns are named already");
    }
    bp_status status = bp_dataset_columns_set_as(&builder->columns, base, err);
    if (status == BP_OK && !builder->missing.are_given) {
        bp_missing_words_clear(&builder->missing);
        status = bp_missing_words_set_as(&builder->missing, &base->missing_words, err);
    }
    if (status == BP_OK) {
        status = bp_builder_go_on(builder, err);
    }
    return status == BP_OK ? continue_rows(builder, base, err) : status;
}

/* --- another order of the columns ------------------------------------------------------------- */

/* position[i]: the column of the data set that the rows' column i is. */
static bp_status find_columns(const bp_dataset_builder *builder, const bp_names *names,
                              size_t *position, bp_error *err) {
    const bp_dataset_columns *columns = &builder->columns;
    bp_label_table table;
    bp_status status = BP_OK;
    bp_label_table_start(&table);
    for (size_t i = 0; status == BP_OK && i < columns->count; i++) {
        size_t index;
        status = bp_label_table_add(&table, bp_cell_of(columns->source[i].name), &index, err);
    }
    for (size_t i = 0; status == BP_OK && i < names->count; i++) {
        char excerpt[BP_EXCERPT_SIZE];
        const bp_cell name = bp_cell_trim(bp_cell_of(names->item[i]));
        position[i] = bp_label_table_find(&table, name);
        if (position[i] == SIZE_MAX) {
            status = bp_fail_at(err, BP_INVALID, 0, i + 1, "the data set has no column '%s'",
                                bp_text_excerpt(name, excerpt));
        }
    }
    bp_label_table_clear(&table);
    return status;
}

/* As many names as columns, and none of them unknown: all are there if none is there twice. */
static bp_status check_once(const bp_dataset_builder *builder, const size_t *position,
                            bp_error *err) {
    const size_t count = builder->columns.count;
    bool *seen = calloc(count, sizeof *seen);
    bp_status status =
        seen != NULL ? BP_OK : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", count);
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        if (seen[position[i]]) {
            status = bp_fail_at(err, BP_INVALID, 0, i + 1, "the column '%.60s' is named twice",
                                builder->columns.source[position[i]].name);
        }
        seen[position[i]] = true;
    }
    free(seen);
    return status;
}

/* to[i] = from[position[i]], or the reverse, for items of `size` bytes. */
static bool permute(void *items, size_t size, const size_t *position, size_t count, bool back) {
    char *at = items, *copy = malloc(count * size);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, items, count * size);
    for (size_t i = 0; i < count; i++) {
        memcpy(at + (back ? position[i] : i) * size, copy + (back ? i : position[i]) * size, size);
    }
    free(copy);
    return true;
}

static bool permute_columns(bp_dataset_builder *builder, const size_t *position, bool back) {
    const size_t count = builder->columns.count;
    return permute(builder->columns.source, sizeof *builder->columns.source, position, count,
                   back) &&
           permute(builder->reader, sizeof *builder->reader, position, count, back) &&
           permute(builder->plan, sizeof *builder->plan, position, count, back) &&
           permute(builder->non_finite, sizeof *builder->non_finite, position, count, back);
}

static size_t find_lone(const bp_dataset_builder *builder) {
    size_t lone = SIZE_MAX;
    for (size_t i = 0; builder->lone != SIZE_MAX && i < builder->columns.count; i++) {
        lone = builder->columns.source[i].role == BP_ROLE_TARGET ? i : lone;
    }
    return lone;
}

bp_status bp_builder_reorder(bp_dataset_builder *builder, const bp_names *names, bp_error *err) {
    const size_t count = builder->columns.count;
    if (names->count != count) {
        return bp_fail(err, BP_INVALID, NULL, "%zu columns are named, the data set has %zu",
                       names->count, count);
    }
    size_t *position = calloc(count, sizeof *position);
    if (position == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", count);
    }
    bp_status status = find_columns(builder, names, position, err);
    if (status == BP_OK) {
        status = check_once(builder, position, err);
    }
    if (status == BP_OK && !permute_columns(builder, position, false)) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns", count);
    }
    if (status != BP_OK) {
        free(position);
        return status;
    }
    builder->position = position;
    builder->lone = find_lone(builder);
    return BP_OK;
}

bp_status bp_builder_restore_order(bp_dataset_builder *builder, bp_error *err) {
    if (builder->position == NULL) {
        return BP_OK;
    }
    if (!permute_columns(builder, builder->position, true)) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu columns",
                       builder->columns.count);
    }
    builder->lone = find_lone(builder);
    return BP_OK;
}
