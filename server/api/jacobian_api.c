/* POST …/jacobian: how the outputs follow the inputs, at a point or on the way from a baseline. */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "given_rows.h"
#include "jacobian.h"
#include "json_fields.h"
#include "reply.h"
#include "resources.h"

enum { MAX_RESPONSE_BYTES = 64 << 20, FLOAT_BYTES = 17, DEFAULT_STEPS = 50, MAX_STEPS = 10000 };
/* Some ten seconds. */
static const double MAX_MULTIPLY_ADDS = 5e10;
/* Floats of one row of the walk: outputs by the widest layer. */
static const size_t MAX_WALK = (size_t)1 << 22;

#define METHOD_TABLE(X)                                                                            \
    X(JACOBIAN, "jacobian", "d x(L)_i / d x_j")                                                    \
    X(INTEGRATED_GRADIENTS, "integrated_gradients",                                                \
      "(x_j - x'_j) times the mean of d x(L)_i / d x_j on the way from x' to x")
#define X(name, wire, formula) METHOD_##name,
enum { METHOD_TABLE(X) METHOD_COUNT };
#undef X
#define X(name, wire, formula) wire,
static const char *const method_names[] = {METHOD_TABLE(X)};
#undef X
#define X(name, wire, formula) formula,
static const char *const method_formulas[] = {METHOD_TABLE(X)};
#undef X
static const bp_vocabulary methods = {"method", METHOD_COUNT, method_names, method_formulas};

typedef struct jacobian_request {
    const json_t *instances, *baseline;
    int method;
    size_t steps; /* 0: not given */
} jacobian_request;

static const bp_field request_fields[] = {
    {.name = "instances",
     .type = BP_FIELD_ARRAY,
     .required = true,
     .offset = offsetof(jacobian_request, instances)},
    {.name = "method",
     .type = BP_FIELD_CHOICE,
     .choices = &methods,
     .offset = offsetof(jacobian_request, method)},
    {.name = "baseline", .type = BP_FIELD_IGNORED}, /* a row: an array or an object */
    {.name = "steps",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = MAX_STEPS,
     .offset = offsetof(jacobian_request, steps)},
};

/* --- limits --------------------------------------------------------------------------------- */

static bp_status check_options(const jacobian_request *asked, bp_error *err) {
    if (asked->method == METHOD_JACOBIAN && (asked->baseline != NULL || asked->steps > 0)) {
        return bp_fail(err, BP_INVALID, asked->baseline != NULL ? "/baseline" : "/steps",
                       "baseline and steps belong to the method integrated_gradients");
    }
    return BP_OK;
}

static size_t outputs_of(const bp_given *given) {
    const bp_network *network = &given->model.snapshot->network;
    return network->width[network->layer_count];
}

/* Numbers of one row of the answer. */
static size_t each_of(const bp_given *given) {
    return outputs_of(given) * given->model.snapshot->network.width[0];
}

static bp_status check_size(const bp_given *given, size_t steps, bp_error *err) {
    const bp_network *network = &given->model.snapshot->network;
    const size_t rows = given->instances.count, most = MAX_RESPONSE_BYTES / FLOAT_BYTES;
    size_t widest = 0;
    for (size_t l = 0; l <= network->layer_count; l++) {
        widest = network->width[l] > widest ? network->width[l] : widest;
    }
    if (outputs_of(given) * widest > MAX_WALK) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "a Jacobian through layers of %zu units to %zu outputs is beyond the %zu"
                       " numbers that fit",
                       widest, outputs_of(given), MAX_WALK);
    }
    if (rows * each_of(given) > most) {
        return bp_fail(err, BP_TOO_LARGE, "/instances",
                       "the response would hold %zu numbers; at most %zu fit in %d MiB",
                       rows * each_of(given), most, MAX_RESPONSE_BYTES >> 20);
    }
    const double work =
        (double)rows * (double)steps * (double)outputs_of(given) * (double)network->parameter_count;
    if (work > MAX_MULTIPLY_ADDS) {
        return bp_fail(err, BP_TOO_LARGE, "/instances",
                       "the request takes %.3g multiply-adds, at most %.3g: send fewer instances"
                       " or steps",
                       work, MAX_MULTIPLY_ADDS);
    }
    return BP_OK;
}

/* --- the answer ----------------------------------------------------------------------------- */

/* The names, or null where the model has met none. */
static void put_names(bp_text *text, const char *key, const bp_names *names, size_t count) {
    bp_text_printf(text, "\"%s\": ", key);
    if (names->count != count) {
        bp_text_puts(text, "null");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bp_text_puts(text, i > 0 ? ", " : "[");
        bp_text_put_string(text, names->item[i]);
    }
    bp_text_puts(text, "]");
}

/* [rows][outputs][inputs] */
static void put_matrices(bp_text *text, const bp_given *given, const float *values) {
    const size_t outputs = outputs_of(given), inputs = given->model.snapshot->network.width[0];
    for (size_t n = 0; n < given->instances.count; n++) {
        bp_text_puts(text, n > 0 ? ",\n [" : "[[");
        for (size_t i = 0; i < outputs; i++) {
            bp_text_puts(text, i > 0 ? ",\n  " : "");
            bp_text_put_floats(text, values + (n * outputs + i) * inputs, inputs);
        }
        bp_text_puts(text, "]");
    }
    bp_text_puts(text, "]");
}

static bp_status finish(bp_call *call, bp_text *text, const bp_given *given, int method,
                        bp_error *err) {
    const bp_snapshot *model = given->model.snapshot;
    const bool classes = model->classes.count > 0;
    bp_text_printf(text, ",\n\"method\": \"%s\", ", method_names[method]);
    put_names(text, "outputs", classes ? &model->classes : &model->targets, outputs_of(given));
    bp_text_puts(text, ", ");
    put_names(text, "inputs", &model->features, model->network.width[0]);
    bp_text_printf(text, ", \"model_version\": %" PRIu64 "}\n", model->version);
    return bp_reply_text(call->response, 200, text, err);
}

static bp_status answer_jacobian(bp_call *call, const bp_given *given, bp_error *err) {
    float *values = calloc(given->instances.count, each_of(given) * sizeof *values);
    bp_status status = values != NULL
                           ? bp_jacobian(&given->instances, values, err)
                           : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a Jacobian");
    if (status == BP_OK) {
        bp_text text = {0};
        bp_text_puts(&text, "{\"jacobian\": ");
        put_matrices(&text, given, values);
        status = finish(call, &text, given, METHOD_JACOBIAN, err);
    }
    free(values);
    return status;
}

static void put_way(bp_text *text, const bp_given *given, const bp_attribution_options *way,
                    const double *errors) {
    const size_t outputs = outputs_of(given);
    bp_text_puts(text, ",\n\"completeness_error\": [");
    for (size_t i = 0; i < given->instances.count * outputs; i++) {
        bp_text_puts(text, i % outputs > 0 ? ", " : i > 0 ? "], [" : "[");
        bp_text_put_float(text, (float)errors[i]);
    }
    bp_text_puts(text, "]],\n\"baseline\": ");
    bp_text_put_floats(text, way->baseline, given->model.snapshot->network.width[0]);
    bp_text_printf(text, ", \"steps\": %zu", way->steps);
}

static bp_status answer_attributions(bp_call *call, const bp_given *given,
                                     const bp_attribution_options *way, bp_error *err) {
    const size_t rows = given->instances.count;
    bp_attributions found = {calloc(rows, each_of(given) * sizeof(float)),
                             calloc(rows, outputs_of(given) * sizeof(double))};
    bp_status status = found.value != NULL && found.completeness_error != NULL
                           ? bp_integrated_gradients(&found, &given->instances, way, err)
                           : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for attributions");
    if (status == BP_OK) {
        bp_text text = {0};
        bp_text_puts(&text, "{\"attributions\": ");
        put_matrices(&text, given, found.value);
        put_way(&text, given, way, found.completeness_error);
        status = finish(call, &text, given, METHOD_INTEGRATED_GRADIENTS, err);
    }
    free(found.value);
    free(found.completeness_error);
    return status;
}

/* No baseline given: the input means. */
static bp_status attribute(bp_call *call, const bp_given *given, const jacobian_request *asked,
                           size_t steps, bp_error *err) {
    const bp_snapshot *model = given->model.snapshot;
    float *baseline = malloc(model->network.width[0] * sizeof *baseline);
    if (baseline == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a baseline");
    }
    bp_status status = BP_OK;
    memcpy(baseline, model->input_mean, model->network.width[0] * sizeof *baseline);
    if (asked->baseline != NULL) {
        status = bp_read_row(baseline, model, asked->baseline, err);
        if (status != BP_OK) {
            bp_error_nest(err, "/baseline");
        }
    }
    if (status == BP_OK) {
        bp_attribution_options way = {baseline, steps};
        status = answer_attributions(call, given, &way, err);
    }
    free(baseline);
    return status;
}

bp_status bp_handle_jacobian(bp_call *call, bp_error *err) {
    jacobian_request asked = {.method = METHOD_JACOBIAN};
    bp_given given;
    bp_status status = bp_fields_read(
        &asked, request_fields, sizeof request_fields / sizeof *request_fields, call->body, err);
    if (status == BP_OK) {
        asked.baseline = json_object_get(call->body, "baseline");
        status = check_options(&asked, err);
    }
    if (status == BP_OK) {
        status = bp_given_read(&given, call, asked.instances, NULL, err);
    }
    if (status != BP_OK) {
        return status;
    }
    const bool at_point = asked.method == METHOD_JACOBIAN;
    const size_t steps = asked.steps > 0 ? asked.steps : DEFAULT_STEPS;
    status = check_size(&given, at_point ? 1 : steps, err);
    if (status == BP_OK) {
        status = at_point ? answer_jacobian(call, &given, err)
                          : attribute(call, &given, &asked, steps, err);
    }
    bp_given_clear(&given);
    return status;
}
