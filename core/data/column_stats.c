#include "column_stats.h"

#include <math.h>

static void add_row(const float *row, size_t columns, bp_column_stats *stats) {
    for (size_t j = 0; j < columns; j++) {
        double value = row[j];
        if (isnan(value)) {
            stats[j].missing++;
            continue;
        }
        stats[j].mean += value;
        stats[j].min = value < stats[j].min ? value : stats[j].min;
        stats[j].max = value > stats[j].max ? value : stats[j].max;
    }
}

static void add_squares(const float *row, size_t columns, bp_column_stats *stats) {
    for (size_t j = 0; j < columns; j++) {
        double deviation = isnan(row[j]) ? 0 : row[j] - stats[j].mean;
        stats[j].standard_deviation += deviation * deviation;
    }
}

void bp_column_stats_compute(const float *values, size_t rows, size_t columns,
                             bp_column_stats *stats) {
    for (size_t j = 0; j < columns; j++) {
        stats[j] = (bp_column_stats){.min = HUGE_VAL, .max = -HUGE_VAL};
    }
    for (size_t i = 0; i < rows; i++) {
        add_row(values + i * columns, columns, stats);
    }
    for (size_t j = 0; j < columns; j++) {
        stats[j].mean /= (double)(rows - stats[j].missing);
    }
    for (size_t i = 0; i < rows; i++) {
        add_squares(values + i * columns, columns, stats);
    }
    for (size_t j = 0; j < columns; j++) {
        stats[j].standard_deviation =
            sqrt(stats[j].standard_deviation / (double)(rows - stats[j].missing));
    }
    for (size_t j = 0; j < columns; j++) {
        if (stats[j].missing == rows) {
            stats[j].min = stats[j].max = stats[j].mean = stats[j].standard_deviation = NAN;
        }
    }
}
