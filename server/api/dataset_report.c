#include "dataset_report.h"

#include <math.h>

#include "column_view.h"
#include "json_fields.h"
#include "moment_text.h"
#include "reply.h"

/* Most are float32 cells, and so have short names: 0.1, not 0.100000001490116. */
static json_t *number(double value) {
    if (isfinite(value) && (double)(float)value == value) {
        value = bp_shortest_double((float)value);
    }
    return bp_json_number(value);
}

/* Takes the value; false: no memory, and the object is not whole. */
static bool set(json_t *object, const char *key, json_t *value) {
    return json_object_set_new(object, key, value) == 0;
}

/* --- of numbers ----------------------------------------------------------------------------- */

static json_t *describe_histogram(const bp_column_stats *stats) {
    json_t *counts = json_array();
    for (size_t i = 0; i < BP_HISTOGRAM_BINS; i++) {
        if (json_array_append_new(counts, json_integer((json_int_t)stats->histogram[i])) != 0) {
            json_decref(counts);
            return NULL;
        }
    }
    return json_pack("{s:o, s:o, s:o}", "from", number(stats->min), "to", number(stats->max),
                     "counts", counts);
}

static bool tell_numbers(json_t *column, const bp_column_stats *stats) {
    return set(column, "min", number(stats->min)) && set(column, "max", number(stats->max)) &&
           set(column, "mean", bp_json_number(stats->mean)) &&
           set(column, "standard_deviation", bp_json_number(stats->standard_deviation));
}

static bool tell_order(json_t *column, const bp_column_stats *stats) {
    json_t *quartiles = json_pack("[o, o, o]", number(stats->quartile[0]),
                                  number(stats->quartile[1]), number(stats->quartile[2]));
    return set(column, "quartiles", quartiles) &&
           set(column, "histogram", describe_histogram(stats)) &&
           set(column, "non_finite", json_integer((json_int_t)stats->non_finite));
}

/* --- of values and labels ------------------------------------------------------------------- */

static json_t *describe_value(const bp_column_view *view, double value) {
    if (view->labels == NULL) {
        return number(value);
    }
    const bool is_there = value >= 0 && value < (double)view->labels->count;
    return is_there ? bp_json_text(view->labels->item[(size_t)value]) : json_null();
}

static bool tell_frequent(json_t *column, const bp_column_view *view) {
    const bp_column_stats *stats = view->stats;
    json_t *frequent = json_array();
    for (size_t i = 0; i < stats->frequent_count; i++) {
        json_t *item =
            json_pack("{s:o, s:I}", "value", describe_value(view, stats->frequent[i].value),
                      "count", (json_int_t)stats->frequent[i].count);
        if (json_array_append_new(frequent, item) != 0) {
            json_decref(frequent);
            return false;
        }
    }
    return set(column, "frequent", frequent) &&
           set(column, "distinct", json_integer((json_int_t)stats->distinct));
}

/* --- of moments ----------------------------------------------------------------------------- */

static json_t *describe_moment(const bp_dataset *data, const bp_column_view *view, size_t row) {
    char text[BP_MOMENT_SIZE];
    if (row >= data->rows || view->stats->missing >= data->rows) {
        return json_null();
    }
    bp_moment_text(data->x + row * data->features.count + view->first, text);
    return json_string(text);
}

static bool tell_moments(json_t *column, const bp_dataset *data, const bp_column_view *view) {
    return set(column, "earliest", describe_moment(data, view, view->stats->earliest_row)) &&
           set(column, "latest", describe_moment(data, view, view->stats->latest_row));
}

/* --- a column ------------------------------------------------------------------------------- */

/* Numbers are null where the column has none: so it was before columns had types. */
static bool tell_stats(json_t *column, const bp_dataset *data, const bp_column_view *view) {
    const bool is_moment = view->type == BP_COLUMN_DATETIME;
    const bp_column_stats none = {.min = NAN, .max = NAN, .mean = NAN, .standard_deviation = NAN};
    if (view->stats == NULL) {
        return true;
    }
    bool told = tell_numbers(column, is_moment ? &none : view->stats) &&
                set(column, "missing", json_integer((json_int_t)view->stats->missing));
    if (view->type == BP_COLUMN_NUMERIC) {
        told = told && tell_order(column, view->stats);
    }
    return told && (is_moment ? tell_moments(column, data, view) : tell_frequent(column, view));
}

static json_t *describe_column(const bp_dataset *data, size_t index) {
    const bp_column_view view = bp_column_view_get(data, index);
    json_t *column =
        json_pack("{s:o, s:s, s:s}", "name", bp_json_text(view.name), "role",
                  bp_column_roles.names[view.role], "type", bp_column_types.names[view.type]);
    if (column != NULL && !tell_stats(column, data, &view)) {
        json_decref(column);
        return NULL;
    }
    return column;
}

void bp_dataset_report_columns(bp_text *text, const bp_dataset *data) {
    bp_text_puts(text, "[");
    for (size_t i = 0; !text->failed && i < bp_column_view_count(data); i++) {
        bp_text_puts(text, i > 0 ? ", " : "");
        bp_reply_put_json(text, describe_column(data, i));
    }
    bp_text_puts(text, "]");
}

/* --- rejected rows -------------------------------------------------------------------------- */

json_t *bp_dataset_report_rejects(const bp_rejects *rejects) {
    json_t *first = json_array();
    for (size_t i = 0; i < rejects->kept; i++) {
        const bp_error *why = &rejects->first[i];
        json_t *item = json_pack(
            "{s:o*, s:o*, s:o}", "line", why->line > 0 ? json_integer((json_int_t)why->line) : NULL,
            "column", why->column > 0 ? json_integer((json_int_t)why->column) : NULL, "detail",
            bp_json_text(why->message));
        if (json_array_append_new(first, item) != 0) {
            json_decref(first);
            return NULL;
        }
    }
    return json_pack("{s:o, s:I}", "first", first, "count", (json_int_t)rejects->count);
}
