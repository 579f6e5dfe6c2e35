#include "column_report_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "record_json.h"

/* --- integers and lists ----------------------------------------------------------------------- */

static uint64_t get_count(const json_t *object, const char *key) {
    const json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

/* The array where it holds `count` items, else NULL: memory was short. Takes it. */
static json_t *whole(json_t *array, size_t count) {
    if (json_array_size(array) == count) {
        return array;
    }
    json_decref(array);
    return NULL;
}

static json_t *write_numbers(const double *numbers, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, bp_record_number(numbers[i]));
    }
    return whole(array, count);
}

static json_t *write_counts(const uint64_t *counts, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, json_integer((json_int_t)counts[i]));
    }
    return whole(array, count);
}

/* --- a column --------------------------------------------------------------------------------- */

static json_t *write_frequent(const bp_column_stats *stats) {
    json_t *array = json_array();
    for (size_t i = 0; i < stats->frequent_count; i++) {
        const bp_frequent_value *frequent = &stats->frequent[i];
        json_array_append_new(array,
                              json_pack("[f, I]", frequent->value, (json_int_t)frequent->count));
    }
    return whole(array, stats->frequent_count);
}

json_t *bp_column_report_write(const bp_column_stats *stats) {
    /* Objects first: a pack that fails at a number does not free those that come later. */
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "min",
        bp_record_number(stats->min), "max", bp_record_number(stats->max), "mean",
        bp_record_number(stats->mean), "standard_deviation",
        bp_record_number(stats->standard_deviation), "quartiles", write_numbers(stats->quartile, 3),
        "histogram", write_counts(stats->histogram, BP_HISTOGRAM_BINS), "frequent",
        write_frequent(stats), "distinct", (json_int_t)stats->distinct, "missing",
        (json_int_t)stats->missing, "non_finite", (json_int_t)stats->non_finite, "earliest_row",
        (json_int_t)stats->earliest_row, "latest_row", (json_int_t)stats->latest_row);
}

static void read_frequent(const json_t *array, bp_column_stats *stats) {
    const size_t count = json_array_size(array);
    stats->frequent_count = count < BP_FREQUENT_VALUES ? count : BP_FREQUENT_VALUES;
    for (size_t i = 0; i < stats->frequent_count; i++) {
        const json_t *pair = json_array_get(array, i);
        const json_int_t times = json_integer_value(json_array_get(pair, 1));
        stats->frequent[i].value = bp_record_get_number(json_array_get(pair, 0));
        stats->frequent[i].count = times > 0 ? (uint64_t)times : 0;
    }
}

static double get_number(const json_t *object, const char *key) {
    return bp_record_get_number(json_object_get(object, key));
}

bp_column_stats bp_column_report_read(const json_t *json) {
    bp_column_stats stats = {.min = get_number(json, "min"),
                             .max = get_number(json, "max"),
                             .mean = get_number(json, "mean"),
                             .standard_deviation = get_number(json, "standard_deviation"),
                             .distinct = get_count(json, "distinct"),
                             .missing = get_count(json, "missing"),
                             .non_finite = get_count(json, "non_finite"),
                             .earliest_row = get_count(json, "earliest_row"),
                             .latest_row = get_count(json, "latest_row")};
    const json_t *quartiles = json_object_get(json, "quartiles");
    const json_t *histogram = json_object_get(json, "histogram");
    for (size_t i = 0; i < 3; i++) {
        stats.quartile[i] = bp_record_get_number(json_array_get(quartiles, i));
    }
    for (size_t i = 0; i < BP_HISTOGRAM_BINS; i++) {
        const json_int_t times = json_integer_value(json_array_get(histogram, i));
        stats.histogram[i] = times > 0 ? (uint64_t)times : 0;
    }
    read_frequent(json_object_get(json, "frequent"), &stats);
    return stats;
}

/* --- rejects ---------------------------------------------------------------------------------- */

json_t *bp_rejects_write(const bp_rejects *rejects) {
    json_t *first = json_array();
    for (size_t i = 0; i < rejects->kept; i++) {
        const bp_error *why = &rejects->first[i];
        json_array_append_new(
            first, json_pack("{s:s, s:I, s:I, s:o, s:o}", "code", bp_status_name(why->code), "line",
                             (json_int_t)why->line, "column", (json_int_t)why->column, "field",
                             bp_record_text(why->field), "message", bp_record_text(why->message)));
    }
    return json_pack("{s:o, s:I}", "first", whole(first, rejects->kept), "count",
                     (json_int_t)rejects->count);
}

static bp_error read_reject(const json_t *json) {
    bp_error why = {.line = get_count(json, "line"), .column = get_count(json, "column")};
    const char *code = "", *field = "", *message = "";
    (void)json_unpack((json_t *)json, "{s?s, s?s, s?s}", "code", &code, "field", &field, "message",
                      &message);
    why.code = bp_record_status(code);
    snprintf(why.field, sizeof why.field, "%s", field);
    snprintf(why.message, sizeof why.message, "%s", message);
    return why;
}

bp_rejects bp_rejects_read(const json_t *json) {
    bp_rejects rejects = {.count = get_count(json, "count")};
    const json_t *first = json_object_get(json, "first");
    const size_t count = json_array_size(first);
    rejects.kept = count < BP_FIRST_REJECTS ? count : BP_FIRST_REJECTS;
    for (size_t i = 0; i < rejects.kept; i++) {
        rejects.first[i] = read_reject(json_array_get(first, i));
    }
    return rejects;
}
