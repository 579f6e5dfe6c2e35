#include <stddef.h>

#include "given_rows.h"
#include "gradient_check.h"
#include "json_fields.h"
#include "reply.h"
#include "resources.h"

/* A few seconds of plain loops. */
static const double MAX_MULTIPLY_ADDS = 2e9;
/* Six sets of them in double. */
static const size_t MAX_PARAMETERS = (size_t)1 << 24;

typedef struct gradcheck_request {
    const json_t *instances, *targets;
    bp_gradient_check_options options;
} gradcheck_request;

#define OPTION(name) offsetof(gradcheck_request, options.name)
static const bp_field request_fields[] = {
    {.name = "instances",
     .type = BP_FIELD_ARRAY,
     .required = true,
     .offset = offsetof(gradcheck_request, instances)},
    {.name = "targets",
     .type = BP_FIELD_ARRAY,
     .required = true,
     .offset = offsetof(gradcheck_request, targets)},
    {.name = "sample", .type = BP_FIELD_COUNT, .offset = OPTION(sample)},
    {.name = "seed", .type = BP_FIELD_COUNT, .offset = OPTION(seed)},
    {.name = "epsilon",
     .type = BP_FIELD_DOUBLE,
     .min = 0x1p-40,
     .max = 1,
     .offset = OPTION(epsilon)},
    {.name = "threshold",
     .type = BP_FIELD_DOUBLE,
     .min = 1e-12,
     .max = 1,
     .offset = OPTION(threshold)},
};

static bp_status check_cost(const bp_network *network, size_t rows,
                            const bp_gradient_check_options *options, bp_error *err) {
    if (network->parameter_count > MAX_PARAMETERS) {
        return bp_fail(err, BP_TOO_LARGE, NULL,
                       "the model has %zu parameters; a check in double takes at most %zu",
                       network->parameter_count, MAX_PARAMETERS);
    }
    const double cost = bp_gradient_check_cost(network, rows, options);
    const bp_gradient_check_options one = {.sample = 1};
    const double of_one = bp_gradient_check_cost(network, rows, &one);
    if (of_one > MAX_MULTIPLY_ADDS) {
        return bp_fail(err, BP_TOO_LARGE, "/instances",
                       "to check one parameter on %zu instances takes %.3g multiply-adds, at most"
                       " %.3g: send fewer instances",
                       rows, of_one, MAX_MULTIPLY_ADDS);
    }
    if (cost > MAX_MULTIPLY_ADDS) {
        return bp_fail(err, BP_TOO_LARGE, "/sample",
                       "the check takes %.3g multiply-adds, at most %.3g: sample at most %zu"
                       " parameters, or send fewer instances",
                       cost, MAX_MULTIPLY_ADDS, (size_t)(MAX_MULTIPLY_ADDS / of_one));
    }
    return BP_OK;
}

/* null: nothing was compared. `value` and `expected` are what the two numbers are called. */
static json_t *describe_worst(const bp_worst_error *worst, const char *value,
                              const char *expected) {
    const bp_parameter_place *place = &worst->place;
    if (place->layer == 0) {
        return json_null();
    }
    return json_pack(
        "{s:o, s:I, s:s, s:I, s:o, s:o, s:o}", "worst_relative_error",
        bp_json_number(worst->relative_error), "layer", (json_int_t)place->layer, "parameter",
        bp_parameter_names[place->kind], "unit", (json_int_t)place->unit, "input",
        place->kind == BP_PARAMETER_WEIGHT ? json_integer((json_int_t)place->input) : json_null(),
        value, bp_json_number(worst->value), expected, bp_json_number(worst->expected));
}

static json_t *describe(const bp_gradient_check *check, const bp_gradient_check_options *options,
                        uint64_t version) {
    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:f, s:f, s:I}", "verdict",
                     check->passed ? "passed" : "failed", "finite_difference",
                     describe_worst(&check->finite_difference, "analytic", "numeric"), "engine",
                     describe_worst(&check->engine, "float32", "reference"), "parameters",
                     (json_int_t)check->parameters, "checked", (json_int_t)check->checked,
                     "at_kinks", (json_int_t)check->at_kinks, "loss", bp_json_number(check->loss),
                     "epsilon", options->epsilon, "threshold", options->threshold, "model_version",
                     (json_int_t)version);
}

static bp_status check_given(bp_call *call, const bp_given *given,
                             const bp_gradient_check_options *options, bp_error *err) {
    const bp_snapshot *model = given->model.snapshot;
    bp_gradient_check check;
    bp_status status = check_cost(&model->network, given->instances.count, options, err);
    if (status == BP_OK) {
        status = bp_gradient_check_run(&check, &given->instances, &given->targets, options, err);
    }
    return status == BP_OK
               ? bp_reply_json(call->response, 200, describe(&check, options, model->version), err)
               : status;
}

bp_status bp_handle_gradcheck(bp_call *call, bp_error *err) {
    gradcheck_request asked = {.options = bp_gradient_check_defaults()};
    bp_status status = bp_fields_read(
        &asked, request_fields, sizeof request_fields / sizeof *request_fields, call->body, err);
    bp_given given;
    if (status == BP_OK) {
        status = bp_given_read(&given, call, asked.instances, asked.targets, err);
    }
    if (status == BP_OK) {
        status = check_given(call, &given, &asked.options, err);
        bp_given_clear(&given);
    }
    return status;
}
