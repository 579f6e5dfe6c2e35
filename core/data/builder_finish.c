#include <stdlib.h>
#include <string.h>

#include "builder_state.h"
#include "dataset_stats.h"

static void *take(void *array) {
    void *taken;
    memcpy(&taken, array, sizeof taken);
    memset(array, 0, sizeof taken);
    return taken;
}

/* x as it lies in its mapping, the rest trimmed. */
static bp_status take_arrays(bp_dataset_builder *builder, bp_dataset *dataset, bp_error *err) {
    bp_spooled_rows rows;
    bp_status status = bp_row_spool_take(&builder->spool, &rows, err);
    if (status != BP_OK) {
        return status;
    }
    builder->digest_of_x = rows.digest;
    dataset->mapping = rows.mapping;
    dataset->mapping_size = rows.size_bytes;
    dataset->mapping_in_memory = rows.in_memory;
    dataset->x = dataset->mapping;
    if ((builder->y != NULL &&
         !bp_builder_enlarge(&builder->y, dataset->rows, dataset->targets.count)) ||
        (builder->spelling != NULL && !bp_builder_enlarge(&builder->spelling, dataset->rows, 1)) ||
        (builder->weight != NULL && !bp_builder_enlarge(&builder->weight, dataset->rows, 1))) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the targets");
    }
    dataset->y = take(&builder->y);
    dataset->class_index = take(&builder->spelling);
    dataset->weight = take(&builder->weight);
    return BP_OK;
}

static bp_status decide_target(bp_dataset_builder *builder, bp_dataset *dataset, bp_error *err) {
    bool numeric = true;
    if (builder->lone != SIZE_MAX) {
        bp_status status =
            bp_target_column_finish(&builder->target, dataset->rows, dataset->class_index,
                                    &dataset->classes, &numeric, err);
        if (status != BP_OK) {
            return status;
        }
        builder->columns.source[builder->lone].type =
            numeric ? BP_COLUMN_NUMERIC : BP_COLUMN_CATEGORICAL;
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

static void settle_feature(bp_column_reader *reader, bp_source_column *source, size_t rows) {
    source->type = bp_column_reader_settle(reader, rows);
    if (source->type == BP_COLUMN_TEXT) {
        source->role = BP_ROLE_IGNORED;
    } else {
        source->labels = reader->labels.labels; /* taken */
        reader->labels.labels = (bp_names){0};
    }
}

/* What each column turned out to be. The builder has no columns after it, so that the readers are
 * cleared here. */
static void settle_columns(bp_dataset_builder *builder, bp_dataset *dataset) {
    for (size_t i = 0; i < builder->columns.count; i++) {
        bp_source_column *source = &builder->columns.source[i];
        if (source->role == BP_ROLE_FEATURE) {
            settle_feature(&builder->reader[i], source, dataset->rows);
        }
        bp_column_reader_clear(&builder->reader[i]);
    }
    dataset->source = take(&builder->columns.source);
    dataset->source_count = builder->columns.count;
    builder->columns.count = 0;
}

/* Cells of rejected rows: they are not in the arrays, so the builder counted them. */
static void tell_non_finite(const bp_dataset_builder *builder, bp_dataset *dataset) {
    const size_t features = dataset->features.count, targets = dataset->targets.count;
    const size_t begin[BP_ROLE_COUNT] = {
        [BP_ROLE_TARGET] = features, [BP_ROLE_WEIGHT] = features + targets};
    for (size_t i = 0; i < dataset->source_count; i++) {
        const bp_source_column *source = &dataset->source[i];
        if (source->role != BP_ROLE_IGNORED) {
            dataset->stats[begin[source->role] + source->first].non_finite = builder->non_finite[i];
        }
    }
}

static bp_status add_stats(const bp_dataset_builder *builder, bp_dataset *dataset, bp_error *err) {
    const size_t columns =
        dataset->features.count + dataset->targets.count + dataset->weights.count;
    dataset->stats = calloc(columns, sizeof *dataset->stats);
    if (dataset->stats == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for statistics");
    }
    tell_non_finite(builder, dataset);
    return bp_dataset_stats_fill(dataset, err);
}

static bp_status add_digest(bp_dataset_builder *builder, bp_dataset *dataset, bp_error *err) {
    bp_digest of_x;
    bp_status status = BP_OK;
    if (builder->digest_of_x != NULL) {
        status = bp_file_digest_get(builder->digest_of_x, &of_x, err);
    }
    if (status == BP_OK) {
        bp_dataset_seal(dataset, builder->digest_of_x != NULL ? &of_x : NULL);
    }
    return status;
}

/* Nobody may read the rows' file when the builder has ended. */
static void end_digest(bp_dataset_builder *builder) {
    bp_file_digest_free(builder->digest_of_x);
    builder->digest_of_x = NULL;
}

static bp_status fail_empty(const bp_dataset_builder *builder, bp_error *err) {
    if (builder->is_finished) {
        return bp_fail(err, BP_INVALID, NULL, "the data set is finished already");
    }
    if (builder->rejects.count > 0) {
        return bp_fail_at(
            err, BP_INVALID, builder->rejects.first[0].line, builder->rejects.first[0].column,
            "the data set has no rows: all %llu were rejected, the first because: "
            "%.300s",
            (unsigned long long)builder->rejects.count, builder->rejects.first[0].message);
    }
    return bp_fail(err, BP_INVALID, NULL, "the data set has no rows");
}

static void take_columns(bp_dataset_builder *builder, bp_dataset *dataset) {
    dataset->rows = builder->rows;
    dataset->features = builder->features;
    dataset->targets = builder->columns.targets;
    dataset->weights = builder->columns.weights;
    dataset->rejects = builder->rejects;
    if (builder->missing.are_given) {
        dataset->missing_words = builder->missing.words;
        builder->missing.words = (bp_names){0};
    }
    builder->features = builder->columns.targets = builder->columns.weights = (bp_names){0};
}

bp_status bp_dataset_builder_finish(bp_dataset_builder *builder, bp_dataset **out, bp_error *err) {
    if (builder->rows == 0 || builder->is_finished) {
        return fail_empty(builder, err);
    }
    builder->is_finished = true;
    bp_status status = bp_builder_restore_order(builder, err);
    if (status != BP_OK) {
        return status;
    }
    bp_dataset *dataset = calloc(1, sizeof *dataset);
    if (dataset == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a data set");
    }
    atomic_init(&dataset->references, 1);
    take_columns(builder, dataset);
    status = take_arrays(builder, dataset, err);
    if (status == BP_OK) {
        status = decide_target(builder, dataset, err);
    }
    if (status == BP_OK) {
        settle_columns(builder, dataset);
        status = add_stats(builder, dataset, err);
    }
    if (status == BP_OK) {
        status = add_digest(builder, dataset, err);
    }
    end_digest(builder);
    if (status != BP_OK) {
        bp_dataset_unref(dataset);
        return status;
    }
    *out = dataset;
    return BP_OK;
}
