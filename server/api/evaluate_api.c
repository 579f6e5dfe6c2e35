#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation_json.h"
#include "json_fields.h"
#include "predict_api.h"
#include "reply.h"
#include "resources.h"

static const char csv_type[] = "text/csv; charset=utf-8";

typedef enum predictions_form { NO_PREDICTIONS, AS_JSON, AS_CSV } predictions_form;

typedef struct evaluate_body {
    const char *dataset;
    bp_evaluation_options options;
} evaluate_body;

static const bp_field evaluate_fields[] = {
    {.name = "dataset",
     .type = BP_FIELD_STRING,
     .required = true,
     .offset = offsetof(evaluate_body, dataset)},
    {.name = "top_k",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = BP_MAX_CLASSES,
     .offset = offsetof(evaluate_body, options.top_k)},
    {.name = "predictions", .type = BP_FIELD_IGNORED},
};

/* What an evaluation works on. */
typedef struct evaluation {
    bp_call *call;
    const bp_snapshot *snapshot;
    const bp_dataset *data;
    const evaluate_body *body;
    predictions_form form;
} evaluation;

/* true, false, or "csv". */
static bp_status read_form(predictions_form *out, const json_t *value, bp_error *err) {
    const char *word = json_string_value(value);
    if (value == NULL || json_is_boolean(value)) {
        *out = json_is_true(value) ? AS_JSON : NO_PREDICTIONS;
        return BP_OK;
    }
    if (word != NULL && strcmp(word, "csv") == 0) {
        *out = AS_CSV;
        return BP_OK;
    }
    return bp_fail(err, BP_INVALID, "/predictions",
                   "predictions must be true, false or \"csv\", found %s",
                   word != NULL ? "another word" : bp_json_kind(value));
}

/* --- predictions ---------------------------------------------------------------------------- */

/* [rows, width[L]], malloc'd; NULL: none are wanted. */
static bp_status predict_rows(float **out, const evaluation *e, bp_error *err) {
    const bp_network *network = &e->snapshot->network;
    *out = NULL;
    if (e->form == NO_PREDICTIONS) {
        return BP_OK;
    }
    float *outputs = calloc(e->data->rows, network->width[network->layer_count] * sizeof *outputs);
    if (outputs == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu rows", e->data->rows);
    }
    bp_status status = bp_predict_dataset(e->snapshot, bp_service_kernels(e->call->service),
                                          e->data, outputs, err);
    if (status != BP_OK) {
        free(outputs);
        return status;
    }
    *out = outputs;
    return BP_OK;
}

static void put_predictions(bp_text *text, const evaluation *e, const float *outputs) {
    const size_t width = e->snapshot->network.width[e->snapshot->network.layer_count];
    bp_text_puts(text, ", \"predictions\": [");
    for (size_t i = 0; i < e->data->rows; i++) {
        bp_text_puts(text, i > 0 ? ",\n" : "");
        bp_text_put_prediction(text, e->snapshot, outputs + i * width);
    }
    bp_text_puts(text, "]");
}

/* --- replies -------------------------------------------------------------------------------- */

/* The report's object, with the predictions as one more field. Takes `json`. */
static bp_status reply_report(const evaluation *e, json_t *json, const float *outputs,
                              bp_error *err) {
    bp_response *response = e->call->response;
    if (outputs == NULL) {
        return bp_reply_json(response, 200, json, err);
    }
    char *object = json != NULL ? json_dumps(json, JSON_REAL_PRECISION(15)) : NULL;
    bp_text text = {.failed = object == NULL};
    if (object != NULL) {
        bp_text_put(&text, object, strlen(object) - 1); /* without its last brace */
        put_predictions(&text, e, outputs);
        bp_text_puts(&text, "}\n");
    }
    free(object);
    json_decref(json);
    return bp_reply_text(response, 200, &text, err);
}

static bp_status reply_csv(const evaluation *e, const float *outputs, bp_error *err) {
    bp_response *response = e->call->response;
    bp_text text = {0};
    bp_text_put_evaluation_csv(&text, e->snapshot, e->data, outputs);
    bp_status status = bp_reply_text(response, 200, &text, err);
    if (status == BP_OK) {
        response->content_type = csv_type;
        status = bp_reply_header(response, err, "Content-Disposition",
                                 "attachment; filename=\"%s-%s.csv\"", e->call->capture,
                                 e->body->dataset); /* names hold no quotes */
    }
    return status;
}

static bp_status reply(const evaluation *e, const bp_evaluation_report *report, bp_error *err) {
    float *outputs = NULL;
    bp_status status = predict_rows(&outputs, e, err);
    if (status == BP_OK && e->form == AS_CSV) {
        status = reply_csv(e, outputs, err);
    } else if (status == BP_OK) {
        status = reply_report(e, bp_evaluation_to_json(report, e->snapshot), outputs, err);
    }
    free(outputs);
    return status;
}

/* --- the route ------------------------------------------------------------------------------ */

static bp_status evaluate(const evaluation *e, bp_error *err) {
    bp_evaluation_report report;
    bp_status status = e->form != NO_PREDICTIONS
                           ? bp_check_outputs(e->snapshot, e->data->rows, "/predictions", err)
                           : BP_OK;
    if (status != BP_OK) {
        return status;
    }
    status = bp_evaluate(&report, e->snapshot, bp_service_kernels(e->call->service), e->data,
                         &e->body->options, err);
    if (status == BP_OK) {
        status = reply(e, &report, err);
        bp_evaluation_report_clear(&report);
    } else if (status == BP_INVALID && err != NULL) {
        snprintf(err->field, sizeof err->field, "/dataset"); /* it is what does not fit */
    }
    return status;
}

static bp_status evaluate_on(evaluation *e, bp_error *err) {
    bp_dataset_info info;
    bp_status status = bp_service_get_dataset(e->call->service, e->body->dataset, &info, err);
    if (status != BP_OK) {
        if (err != NULL) {
            bp_error_nest(err, "/dataset");
        }
        return status;
    }
    e->data = info.dataset;
    status = bp_dataset_check(info.dataset, err);
    if (status == BP_OK) {
        status = evaluate(e, err);
    }
    bp_dataset_info_clear(&info);
    return status;
}

bp_status bp_handle_evaluate(bp_call *call, bp_error *err) {
    evaluate_body body = {0};
    bp_model_info info;
    evaluation e = {.call = call, .body = &body};
    bp_status status = bp_fields_read(
        &body, evaluate_fields, sizeof evaluate_fields / sizeof *evaluate_fields, call->body, err);
    if (status == BP_OK) {
        status = read_form(&e.form, json_object_get(call->body, "predictions"), err);
    }
    if (status == BP_OK) {
        status = bp_get_trained_model(call, &info, err);
    }
    if (status == BP_OK) {
        e.snapshot = info.snapshot;
        status = evaluate_on(&e, err);
        bp_model_info_clear(&info);
    }
    return status;
}
