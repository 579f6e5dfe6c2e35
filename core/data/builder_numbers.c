/* Rows of numbers. Where the cells of a row lie as its columns do and all are finite, they are
 * copied as a whole; else each is taken as the text that it would be printed as. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "builder_state.h"

enum { NUMBER_SIZE = 32 };

static bp_cell print_number(float value, char out[NUMBER_SIZE]) {
    int size = isnan(value) ? 0 : snprintf(out, NUMBER_SIZE, "%.9g", (double)value);
    return (bp_cell){out, (size_t)size};
}

/* Whether the row is the columns in their order, all numbers, but for a target that is alone. */
static bool is_straight(const bp_dataset_builder *builder) {
    for (size_t i = 0; i < builder->columns.count; i++) {
        const bp_cell_plan plan = builder->plan[i];
        if (i != builder->lone &&
            (plan.how != BP_CELL_NUMBER || plan.at != i - (i > builder->lone))) {
            return false;
        }
    }
    return true;
}

/* Without a branch, so that the compiler makes vectors of it. */
static bool are_finite(const float *values, size_t count) {
    uint32_t some = 0;
    for (size_t i = 0; i < count; i++) {
        const uint32_t exponent = 0x7F800000;
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        some |= (bits & exponent) == exponent;
    }
    return some == 0;
}

static void copy_row(bp_dataset_builder *builder, const float *values) {
    const size_t count = builder->columns.count;
    const size_t lone = builder->lone < count ? builder->lone : count;
    memcpy(builder->row, values, lone * sizeof *values);
    if (lone < count) {
        memcpy(builder->row + lone, values + lone + 1, (count - lone - 1) * sizeof *values);
    }
}

/* All cells but that of a target that is alone. */
static bp_status take_cells(bp_dataset_builder *builder, const float *values, uint64_t line,
                            bp_error *err) {
    char text[NUMBER_SIZE];
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < builder->columns.count; i++) {
        const bp_cell_plan plan = builder->plan[i];
        if (plan.how == BP_CELL_NUMBER && isfinite(values[i])) {
            builder->row[plan.at] = values[i];
        } else if (plan.how != BP_CELL_SKIP && i != builder->lone) {
            status = bp_dataset_builder_cell(builder, i, print_number(values[i], text), line, err);
        }
    }
    return status;
}

/* The target last, so that a row that is wrong elsewhere leaves no label of its own. A missing word
 * that is a number has to be compared with the text. */
static bp_status end_row(bp_dataset_builder *builder, const float *values, uint64_t line,
                         bp_error *err) {
    if (builder->lone == SIZE_MAX) {
        return bp_builder_keep_row(builder, NULL, err);
    }
    char text[NUMBER_SIZE];
    const float number = values[builder->lone];
    bp_target_value value;
    if (!builder->missing.has_numbers && bp_target_column_knows(&builder->target, number, &value)) {
        return bp_builder_keep_row(builder, &value, err);
    }
    builder->lone_cell = print_number(number, text);
    bp_status status = bp_dataset_builder_end_row(builder, line, err);
    builder->lone_cell = (bp_cell){0};
    if (status == BP_OK) {
        bp_target_column_remember(&builder->target, number, builder->spelling[builder->rows - 1]);
    }
    return status;
}

static bp_status take_row(bp_dataset_builder *builder, const float *values, bool *straight,
                          bp_error *err) {
    float *row;
    bp_status status = bp_dataset_builder_begin_row(builder, &row, err);
    const uint64_t line = ++builder->numbers;
    if (status == BP_OK && *straight && are_finite(values, builder->columns.count)) {
        copy_row(builder, values);
    } else if (status == BP_OK) {
        status = take_cells(builder, values, line, err);
        *straight = is_straight(builder);
    }
    return status == BP_OK ? end_row(builder, values, line, err) : status;
}

bp_status bp_dataset_builder_numbers(bp_dataset_builder *builder, const float *values, size_t rows,
                                     bp_error *err) {
    bp_status status = BP_OK;
    if (builder->columns.count > 0 && builder->row == NULL) {
        status = bp_builder_lay_out(builder, err);
        bp_builder_forget_first_row(builder);
    }
    bool straight = is_straight(builder);
    for (size_t i = 0; status == BP_OK && i < rows; i++) {
        bp_error why = {0};
        status = take_row(builder, values + i * builder->columns.count, &straight, &why);
        if (status != BP_OK) {
            status = bp_dataset_builder_reject(builder, &why, err);
        }
    }
    return status;
}
