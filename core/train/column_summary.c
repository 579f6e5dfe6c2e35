#include "column_summary.h"

#include <math.h>
#include <stdlib.h>

static const size_t MOST_VALUES = (size_t)1 << 24;

bp_status bp_column_values_take(bp_column_values *out, const bp_dataset *data,
                                const bp_split *split, size_t at, bp_error *err) {
    const size_t rows = split->training < MOST_VALUES ? split->training : MOST_VALUES;
    bp_column_values values = {.value = malloc((rows + 1) * sizeof *values.value)};
    if (values.value == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column of %zu rows", rows);
    }
    for (size_t i = 0; i < rows; i++) {
        const size_t row = split->rows[i * split->training / rows];
        const float x = data->x[row * data->features.count + at];
        if (isnan(x)) {
            values.missing++;
        } else {
            values.value[values.count++] = x + 0.0f; /* -0 and 0 are one value */
        }
    }
    *out = values;
    return BP_OK;
}

void bp_column_values_clear(bp_column_values *values) {
    free(values->value);
    *values = (bp_column_values){0};
}

static void swap(float *a, float *b) {
    const float c = *a;
    *a = *b;
    *b = c;
}

static float middle_of_three(float a, float b, float c) {
    const float low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/* The last place of the lower part: value[low..place] <= pivot <= value[place + 1..high], neither
 * of them empty (Hoare; the pivot is no lone largest). */
static size_t partition(float *value, size_t low, size_t high) {
    const float pivot = middle_of_three(value[low], value[low + (high - low) / 2], value[high]);
    for (;;) {
        while (value[low] < pivot) {
            low++;
        }
        while (value[high] > pivot) {
            high--;
        }
        if (low >= high) {
            return high;
        }
        swap(&value[low++], &value[high--]);
    }
}

/* The value of rank k, from 0; those before it are then at most it, those after it at least. */
static float select_rank(float *value, size_t count, size_t k) {
    size_t low = 0, high = count - 1;
    while (low < high) {
        const size_t last = partition(value, low, high);
        if (k <= last) {
            high = last;
        } else {
            low = last + 1;
        }
    }
    return value[k];
}

double bp_column_quantile(bp_column_values *values, double q) {
    const double place = q * (double)(values->count - 1);
    const size_t k = (size_t)place;
    const double low = (double)select_rank(values->value, values->count, k);
    if (k + 1 == values->count) {
        return low;
    }
    float next = values->value[k + 1];
    for (size_t i = k + 2; i < values->count; i++) {
        next = values->value[i] < next ? values->value[i] : next;
    }
    return low + (place - (double)k) * ((double)next - low);
}

static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

float bp_column_mode(bp_column_values *values) {
    size_t best = 0, best_run = 0, run = 0;
    qsort(values->value, values->count, sizeof *values->value, ascending);
    for (size_t i = 0; i < values->count; i++) {
        run = i > 0 && values->value[i] == values->value[i - 1] ? run + 1 : 1;
        if (run > best_run) {
            best_run = run;
            best = i;
        }
    }
    return values->value[best];
}

double bp_column_mean(const bp_column_values *values) {
    double sum = 0;
    for (size_t i = 0; i < values->count; i++) {
        sum += (double)values->value[i];
    }
    return sum / (double)values->count;
}
