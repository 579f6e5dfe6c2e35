#include <stdlib.h>

#include "reply.h"
#include "resources.h"

/* About 12 bytes of text for each: what is larger is no use as JSON. */
static const size_t MAX_JSON_PARAMETERS = (size_t)1 << 25;

static size_t largest_weights(const bp_network *network) {
    size_t largest = 0;
    for (size_t l = 1; l <= network->layer_count; l++) {
        size_t count = network->width[l - 1] * network->width[l];
        largest = count > largest ? count : largest;
    }
    return largest;
}

/* {"weights": [units][inputs], "biases": [units]}; `weights` is room for them. */
static void put_layer(bp_text *text, const bp_snapshot *snapshot, size_t l, float *weights) {
    size_t inputs = snapshot->network.width[l - 1], units = snapshot->network.width[l];
    bp_snapshot_get_weights(snapshot, l, weights);
    bp_text_puts(text, l > 1 ? ",\n {\"weights\": [" : "{\"weights\": [");
    for (size_t unit = 0; unit < units; unit++) {
        bp_text_puts(text, unit > 0 ? ",\n  " : "");
        bp_text_put_floats(text, weights + unit * inputs, inputs);
    }
    bp_text_puts(text, "],\n  \"biases\": ");
    bp_text_put_floats(text, bp_snapshot_get_biases(snapshot, l), units);
    bp_text_puts(text, "}");
}

static bp_status reply_parameters(bp_call *call, const bp_snapshot *snapshot, bp_error *err) {
    char hex[BP_DIGEST_HEX_SIZE];
    bp_status status = bp_snapshot_digest(snapshot, hex, err);
    float *weights = malloc(largest_weights(&snapshot->network) * sizeof *weights);
    if (status == BP_OK && weights == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the parameters");
    }
    if (status == BP_OK) {
        bp_text text = {0};
        bp_text_puts(&text, "{\"layers\": [");
        for (size_t l = 1; l <= snapshot->network.layer_count; l++) {
            put_layer(&text, snapshot, l, weights);
        }
        bp_text_printf(&text, "],\n\"version\": %llu, \"sha256\": \"",
                       (unsigned long long)snapshot->version);
        bp_text_printf(&text, "%s\"}\n", hex);
        status = bp_reply_text(call->response, 200, &text, err);
    }
    free(weights);
    return status;
}

bp_status bp_handle_get_parameters(bp_call *call, bp_error *err) {
    bp_model_info info;
    bp_status status = bp_service_get_model(call->service, call->capture, &info, err);
    if (status != BP_OK) {
        return status;
    }
    if (info.snapshot == NULL) {
        status = bp_fail(err, BP_CONFLICT, NULL,
                         "model '%s' has no parameters yet: its sizes come from the data at the"
                         " first training",
                         info.name);
    } else if (info.snapshot->network.parameter_count > MAX_JSON_PARAMETERS) {
        status = bp_fail(err, BP_TOO_LARGE, NULL,
                         "model '%s' has %zu parameters; as JSON at most %zu are given", info.name,
                         info.snapshot->network.parameter_count, MAX_JSON_PARAMETERS);
    } else {
        status = reply_parameters(call, info.snapshot, err);
    }
    bp_model_info_clear(&info);
    return status;
}
