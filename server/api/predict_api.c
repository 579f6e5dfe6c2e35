#include <inttypes.h>
#include <stdlib.h>

#include "called_model.h"
#include "given_rows.h"
#include "json_fields.h"
#include "metrics.h"
#include "predict_api.h"
#include "reply.h"
#include "resources.h"

/* Some 40 bytes of text for each. */
static const size_t MAX_OUTPUTS = (size_t)1 << 20;

bp_status bp_get_trained_model(const bp_call *call, bp_model_info *out, bp_error *err) {
    bp_status status = bp_get_called_model(call, out, err);
    if (status == BP_OK && (out->snapshot == NULL || out->snapshot->features.count == 0)) {
        status =
            bp_fail(err, BP_CONFLICT, NULL,
                    "model '%s' is not trained yet: start a job with POST /v1/jobs", out->name);
        bp_model_info_clear(out);
    }
    return status;
}

/* --- instances in --------------------------------------------------------------------------- */

bp_status bp_check_outputs(const bp_snapshot *snapshot, size_t count, const char *field,
                           bp_error *err) {
    size_t outputs = snapshot->network.width[snapshot->network.layer_count];
    if (count > MAX_OUTPUTS / outputs) {
        return bp_fail(err, BP_TOO_LARGE, field,
                       "%zu instances of %zu outputs; at most %zu outputs fit in one response",
                       count, outputs, MAX_OUTPUTS);
    }
    return BP_OK;
}

static bp_status check_count(const bp_snapshot *snapshot, size_t count, bp_error *err) {
    return count == 0 ? bp_fail(err, BP_INVALID, "/instances", "there are no instances")
                      : bp_check_outputs(snapshot, count, "/instances", err);
}

/* --- predictions out ------------------------------------------------------------------------ */

/* {"label": output, ...} */
static void put_named(bp_text *text, const bp_names *names, const float *outputs) {
    bp_text_puts(text, "{");
    for (size_t i = 0; i < names->count; i++) {
        bp_text_puts(text, i > 0 ? ", " : "");
        bp_text_put_string(text, names->item[i]);
        bp_text_puts(text, ": ");
        bp_text_put_float(text, outputs[i]);
    }
    bp_text_puts(text, "}");
}

/* Where the outputs are such: a lone one is that of the second class. */
static void put_probabilities(bp_text *text, const bp_snapshot *snapshot, const float *outputs) {
    const bool lone =
        snapshot->classes.count == 2 && snapshot->network.width[snapshot->network.layer_count] == 1;
    const float both[] = {1.0f - outputs[0], outputs[0]};
    if (bp_loss_is_fused(snapshot->network.loss_rule.loss)) {
        bp_text_puts(text, ", \"probabilities\": ");
        put_named(text, &snapshot->classes, lone ? both : outputs);
    }
}

void bp_text_put_prediction(bp_text *text, const bp_snapshot *snapshot, const float *outputs) {
    size_t width = snapshot->network.width[snapshot->network.layer_count];
    bp_text_puts(text, "{");
    if (snapshot->classes.count > 0) {
        bp_text_puts(text, "\"class\": ");
        bp_text_put_string(text,
                           snapshot->classes.item[bp_predicted_class(&snapshot->network, outputs)]);
        put_probabilities(text, snapshot, outputs);
        bp_text_puts(text, ", ");
    } else if (snapshot->targets.count == width) {
        bp_text_puts(text, "\"values\": ");
        put_named(text, &snapshot->targets, outputs);
        bp_text_puts(text, ", ");
    }
    bp_text_puts(text, "\"outputs\": ");
    bp_text_put_floats(text, outputs, width);
    bp_text_puts(text, "}");
}

static bp_status reply_predictions(bp_call *call, const bp_snapshot *snapshot, const float *outputs,
                                   size_t count, bp_error *err) {
    bp_text text = {0};
    bp_text_puts(&text, "{\"predictions\": [");
    for (size_t i = 0; i < count; i++) {
        bp_text_puts(&text, i > 0 ? ",\n" : "");
        bp_text_put_prediction(
            &text, snapshot, outputs + i * snapshot->network.width[snapshot->network.layer_count]);
    }
    bp_text_printf(&text, "], \"model_version\": %" PRIu64 "}\n", snapshot->version);
    return bp_reply_text(call->response, 200, &text, err);
}

static bp_status predict(bp_call *call, const bp_snapshot *snapshot, const json_t *instances,
                         bp_error *err) {
    size_t count = json_array_size(instances);
    bp_status status = check_count(snapshot, count, err);
    if (status != BP_OK) {
        return status;
    }
    const bp_network *network = &snapshot->network;
    float *x = calloc(count, network->width[0] * sizeof *x);
    float *outputs = calloc(count, network->width[network->layer_count] * sizeof *outputs);
    if (x == NULL || outputs == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu instances", count);
    }
    if (status == BP_OK) {
        status = bp_read_instances(x, snapshot, instances, err);
    }
    if (status == BP_OK) {
        status = bp_predict(snapshot, bp_service_kernels(call->service), x, count, outputs, err);
    }
    if (status == BP_OK) {
        status = reply_predictions(call, snapshot, outputs, count, err);
    }
    free(x);
    free(outputs);
    return status;
}

static const bp_field predict_fields[] = {
    {.name = "instances", .type = BP_FIELD_ARRAY, .required = true}};

bp_status bp_handle_predict(bp_call *call, bp_error *err) {
    const json_t *instances = NULL;
    bp_model_info info;
    bp_status status = bp_fields_read(&instances, predict_fields, 1, call->body, err);
    if (status == BP_OK) {
        status = bp_get_trained_model(call, &info, err);
    }
    if (status == BP_OK) {
        status = predict(call, info.snapshot, instances, err);
        bp_model_info_clear(&info);
    }
    return status;
}
