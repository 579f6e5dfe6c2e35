#include "evaluation_json.h"

#include <math.h>
#include <string.h>

#include "json_fields.h"
#include "reply.h"

/* --- JSON ----------------------------------------------------------------------------------- */

typedef struct metric {
    const char *name;
    double value;
} metric;

/* Takes nothing; NULL: no memory. */
static json_t *object_of(const metric *metrics, size_t count) {
    json_t *object = json_object();
    for (size_t i = 0; object != NULL && i < count; i++) {
        if (json_object_set_new(object, metrics[i].name, bp_json_number(metrics[i].value)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

#define OBJECT_OF(metrics) object_of(metrics, sizeof(metrics) / sizeof *(metrics))

static json_t *class_metrics(const bp_evaluation_report *r) {
    const metric metrics[] = {
        {"accuracy", r->total.accuracy},
        {"balanced_accuracy", r->summary.balanced_accuracy},
        {"macro_f1", r->summary.macro_f1},
        {"micro_f1", r->summary.micro_f1},
        {"weighted_f1", r->summary.weighted_f1},
        {"log_loss", r->log_loss},
        {"top_k_accuracy", r->top_k_accuracy},
        {"auc", r->auc},
    };
    return OBJECT_OF(metrics);
}

static json_t *residuals_to_json(const bp_residuals *r) {
    const metric metrics[] = {{"mse", r->mse}, {"rmse", r->rmse}, {"mae", r->mae}, {"r2", r->r2}};
    return OBJECT_OF(metrics);
}

static json_t *metrics_of(const bp_evaluation_report *r) {
    const metric labels[] = {{"accuracy", r->total.accuracy}};
    return r->classes > 0   ? class_metrics(r)
           : r->outputs > 0 ? residuals_to_json(&r->of_all)
                            : OBJECT_OF(labels);
}

static json_t *class_to_json(const bp_evaluation_report *r, size_t k, const char *label) {
    const bp_class_scores scores = bp_confusion_of_class(&r->confusion, k);
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "class", bp_json_text(label), "support",
                     (json_int_t)r->confusion.support[k], "precision",
                     bp_json_number(scores.precision), "recall", bp_json_number(scores.recall),
                     "f1", bp_json_number(scores.f1), "auc", bp_json_number(r->auc_of_class[k]));
}

static json_t *per_class(const bp_evaluation_report *r, const bp_names *classes) {
    if (r->classes > BP_MAX_SHOWN_CLASSES) {
        return json_null();
    }
    json_t *array = json_array();
    for (size_t k = 0; k < r->classes; k++) {
        if (json_array_append_new(array, class_to_json(r, k, classes->item[k])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *counts_to_json(const uint64_t *counts, size_t count) {
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(array, json_integer((json_int_t)counts[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *matrix_of(const bp_confusion *confusion) {
    if (confusion->matrix == NULL) {
        return json_null();
    }
    json_t *array = json_array();
    for (size_t k = 0; k < confusion->classes; k++) {
        const uint64_t *row = confusion->matrix + k * confusion->classes;
        if (json_array_append_new(array, counts_to_json(row, confusion->classes)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *per_target(const bp_evaluation_report *r, const bp_names *targets) {
    json_t *array = json_array();
    for (size_t j = 0; j < r->outputs; j++) {
        json_t *target = residuals_to_json(&r->of_output[j]);
        int failures = json_object_set_new(target, "target", bp_json_text(targets->item[j]));
        failures |= json_array_append_new(array, target);
        if (failures != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* What goes beside the metrics. */
static json_t *details_of(const bp_evaluation_report *r, const bp_snapshot *snapshot) {
    if (r->classes > 0) {
        json_t *names = r->classes <= BP_MAX_SHOWN_CLASSES
                            ? bp_json_names(&snapshot->classes, BP_MAX_SHOWN_CLASSES)
                            : json_null();
        return json_pack("{s:I, s:o, s:o, s:o, s:s*}", "top_k", (json_int_t)r->top_k, "classes",
                         names, "per_class", per_class(r, &snapshot->classes), "confusion_matrix",
                         matrix_of(&r->confusion), "auc_note", r->auc_note);
    }
    return r->outputs > 0 ? json_pack("{s:o}", "per_target", per_target(r, &snapshot->targets))
                          : json_object();
}

json_t *bp_evaluation_to_json(const bp_evaluation_report *report, const bp_snapshot *snapshot) {
    json_t *details = details_of(report, snapshot);
    json_t *json = json_pack("{s:I, s:o, s:o, s:I}", "rows", (json_int_t)report->total.rows, "loss",
                             bp_json_number(report->total.loss), "metrics", metrics_of(report),
                             "model_version", (json_int_t)snapshot->version);
    if (json == NULL || details == NULL || json_object_update(json, details) != 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(details);
    return json;
}

/* --- CSV ------------------------------------------------------------------------------------ */

/* A cell as RFC 4180 has it. */
static void put_cell(bp_text *text, const char *prefix, const char *cell) {
    const bool quoted = strpbrk(cell, ",\"\r\n") != NULL;
    bp_text_puts(text, quoted ? ",\"" : ",");
    bp_text_puts(text, prefix);
    for (const char *at = cell; *at != '\0'; at++) {
        bp_text_put(text, at, 1);
        if (*at == '"') {
            bp_text_put(text, at, 1);
        }
    }
    bp_text_puts(text, quoted ? "\"" : "");
}

/* Empty where it is not finite. */
static void put_number(bp_text *text, float value) {
    bp_text_puts(text, ",");
    if (isfinite(value)) {
        bp_text_put_float(text, value);
    }
}

static void put_names(bp_text *text, const char *prefix, const bp_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        put_cell(text, prefix, names->item[i]);
    }
}

static void put_header(bp_text *text, const bp_snapshot *snapshot, size_t width) {
    const bool named = snapshot->targets.count > 1;
    bp_text_puts(text, "row");
    if (named) {
        put_names(text, "target_", &snapshot->targets);
        put_names(text, "prediction_", &snapshot->targets);
    } else {
        bp_text_puts(text, ",target,prediction");
    }
    if (snapshot->classes.count == width) {
        put_names(text, "output_", &snapshot->classes);
    } else if (snapshot->classes.count > 0) {
        put_cell(text, "output_", snapshot->classes.item[1]); /* one output: of the second class */
    }
    bp_text_puts(text, "\r\n");
}

static void put_row(bp_text *text, const bp_snapshot *snapshot, const bp_dataset *data, size_t row,
                    const float *x) {
    const size_t width = snapshot->network.width[snapshot->network.layer_count];
    bp_text_printf(text, "%zu", row + 1);
    if (snapshot->classes.count > 0) {
        put_cell(text, "", data->classes.item[data->class_index[row]]);
        put_cell(text, "", snapshot->classes.item[bp_predicted_class(&snapshot->network, x)]);
    } else {
        for (size_t j = 0; j < width; j++) {
            put_number(text, data->y[row * width + j]);
        }
    }
    for (size_t j = 0; j < width; j++) {
        put_number(text, x[j]);
    }
    bp_text_puts(text, "\r\n");
}

void bp_text_put_evaluation_csv(bp_text *text, const bp_snapshot *snapshot, const bp_dataset *data,
                                const float *outputs) {
    const size_t width = snapshot->network.width[snapshot->network.layer_count];
    put_header(text, snapshot, width);
    for (size_t row = 0; row < data->rows; row++) {
        put_row(text, snapshot, data, row, outputs + row * width);
    }
}
