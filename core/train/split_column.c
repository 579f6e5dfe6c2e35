#include "split_column.h"

#include <math.h>
#include <string.h>

#include "datetime.h"
#include "decimal.h"

/* A feature by the name of its column, or of one of its cells. */
static bool find_feature(bp_split_column *column, const bp_dataset *data, const char *name) {
    size_t index = bp_names_find(&data->features, name);
    for (size_t i = 0; i < data->source_count; i++) {
        const bp_source_column *source = &data->source[i];
        if (source->role == BP_ROLE_FEATURE && strcmp(source->name, name) == 0) {
            index = source->first;
            column->cells = source->cells;
            column->codes = source->labels.count > 0 ? &source->labels : NULL;
        }
    }
    if (index != SIZE_MAX) {
        column->number = data->x + index;
        column->stride = data->features.count;
    }
    return index != SIZE_MAX;
}

bool bp_split_column_find(bp_split_column *out, const bp_dataset *data, const char *name) {
    bp_split_column column = {.stride = 1, .cells = 1};
    size_t index = SIZE_MAX;
    if (find_feature(&column, data, name)) {
        *out = column;
        return true;
    }
    if ((index = bp_names_find(&data->targets, name)) != SIZE_MAX) {
        column.number = data->y != NULL ? data->y + index : NULL;
        column.stride = data->targets.count;
        column.label = data->class_index;
        column.labels = &data->classes;
    } else if (bp_names_find(&data->weights, name) != SIZE_MAX) {
        column.number = data->weight;
    } else {
        return false;
    }
    *out = column;
    return true;
}

/* Seconds, where all months have 31 days: only their order counts. */
static double order_of_moment(const float *parts) {
    const double days = ((double)parts[0] * 12 + (double)parts[1]) * 31 + (double)parts[2];
    return ((days * 24 + (double)parts[4]) * 60 + (double)parts[5]) * 60 + (double)parts[6];
}

double bp_split_column_order(const bp_split_column *column, size_t row) {
    const float *number = column->number + row * column->stride;
    if (isnan(*number)) {
        return -INFINITY;
    }
    return column->cells == BP_DATETIME_PARTS ? order_of_moment(number) : (double)*number;
}

bool bp_split_value_read(bp_split_value *out, const bp_split_column *column, const char *text) {
    size_t label = column->label != NULL ? bp_names_find(column->labels, text) : SIZE_MAX;
    double number;
    if (column->codes != NULL) {
        const size_t code = bp_names_find(column->codes, text);
        *out = (bp_split_value){.column = column, .label = -1, .number = (float)code};
        return code != SIZE_MAX;
    }
    if (label != SIZE_MAX) {
        *out = (bp_split_value){.column = column, .label = (int32_t)label};
        return true;
    }
    if (column->number == NULL || !bp_decimal_parse(text, strlen(text), &number)) {
        return false;
    }
    *out = (bp_split_value){.column = column, .label = -1, .number = (float)number};
    return true;
}

bool bp_split_value_is_of(const bp_split_value *value, size_t row) {
    const bp_split_column *column = value->column;
    return value->label >= 0 ? column->label[row] == value->label
                             : column->number[row * column->stride] == value->number;
}
