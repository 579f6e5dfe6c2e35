#include "dataset_stats.h"

#include <math.h>

#include "column_stats.h"
#include "datetime.h"
#include "label_counts.h"
#include "value_sample.h"

/* A number that grows with the moment; the weekday says nothing more. NAN: missing. */
static double moment_of(const float *parts) {
    double moment = (double)parts[0];
    moment = moment * 13 + (double)parts[1];
    moment = moment * 32 + (double)parts[2];
    moment = moment * 24 + (double)parts[4];
    moment = moment * 60 + (double)parts[5];
    return moment * 62 + (double)parts[6]; /* 60.999 rounds to 61: a leap second */
}

static void find_moments(bp_dataset *dataset, const bp_source_column *source) {
    bp_column_stats *stats = &dataset->stats[source->first];
    double earliest = HUGE_VAL, latest = -HUGE_VAL;
    for (size_t i = 0; i < dataset->rows; i++) {
        const double moment = moment_of(dataset->x + i * dataset->features.count + source->first);
        if (moment < earliest) {
            earliest = moment;
            stats->earliest_row = i;
        }
        if (moment > latest) {
            latest = moment;
            stats->latest_row = i;
        }
    }
}

static bp_status describe_features(bp_dataset *dataset, bp_error *err) {
    bp_status status = bp_column_stats_compute(dataset->stats, dataset->x, dataset->rows,
                                               dataset->features.count, dataset->sampled_rows, err);
    if (status == BP_OK) {
        status = bp_label_counts_features(dataset, err);
    }
    for (size_t i = 0; status == BP_OK && i < dataset->source_count; i++) {
        if (dataset->source[i].cells == BP_DATETIME_PARTS) {
            find_moments(dataset, &dataset->source[i]);
        }
    }
    return status;
}

static bp_status describe_targets(bp_dataset *dataset, bp_error *err) {
    bp_column_stats *stats = dataset->stats + dataset->features.count;
    bp_status status = BP_OK;
    if (dataset->y != NULL) {
        status = bp_column_stats_compute(stats, dataset->y, dataset->rows, dataset->targets.count,
                                         dataset->sampled_rows, err);
    } else if (dataset->targets.count > 0) {
        stats->min = stats->max = stats->mean = stats->standard_deviation = NAN;
        stats->quartile[0] = stats->quartile[1] = stats->quartile[2] = NAN;
    }
    return status == BP_OK && dataset->classes.count > 0 ? bp_label_counts_classes(dataset, err)
                                                         : status;
}

bp_status bp_dataset_stats_fill(bp_dataset *dataset, bp_error *err) {
    const size_t others = dataset->targets.count + dataset->weights.count;
    const size_t columns = dataset->features.count + others;
    dataset->sampled_rows = bp_value_sample_rows(dataset->rows, columns);
    bp_status status = describe_features(dataset, err);
    if (status == BP_OK) {
        status = describe_targets(dataset, err);
    }
    if (status == BP_OK && dataset->weights.count > 0) {
        status = bp_column_stats_compute(dataset->stats + columns - 1, dataset->weight,
                                         dataset->rows, 1, dataset->sampled_rows, err);
    }
    return status;
}
