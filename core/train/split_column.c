#include "split_column.h"

#include <string.h>

#include "decimal.h"

bool bp_split_column_find(bp_split_column *out, const bp_dataset *data, const char *name) {
    bp_split_column column = {.stride = 1};
    size_t index = bp_names_find(&data->features, name);
    if (index != SIZE_MAX) {
        column.number = data->x + index;
        column.stride = data->features.count;
    } else if ((index = bp_names_find(&data->targets, name)) != SIZE_MAX) {
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

bool bp_split_value_read(bp_split_value *out, const bp_split_column *column, const char *text) {
    size_t label = column->label != NULL ? bp_names_find(column->labels, text) : SIZE_MAX;
    double number;
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
