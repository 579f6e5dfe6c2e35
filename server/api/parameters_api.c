#include <stdlib.h>

#include "called_model.h"
#include "reply.h"
#include "resources.h"

/* About 12 bytes of text for each: what is larger is no use as JSON. */
static const size_t MAX_JSON_PARAMETERS = (size_t)1 << 25;

/* What an array is called. */
static const char *const array_names[BP_PARAMETER_KINDS] = {
    [BP_PARAMETER_WEIGHT] = "weights",
    [BP_PARAMETER_BIAS] = "biases",
    [BP_PARAMETER_GAMMA] = "gamma",
    [BP_PARAMETER_BETA] = "beta",
};

static void put_rows(bp_text *text, const float *values, size_t count, size_t each) {
    bp_text_puts(text, "[");
    for (size_t at = 0; at < count; at += each) {
        bp_text_puts(text, at > 0 ? ",\n  " : "");
        bp_text_put_floats(text, values + at, each);
    }
    bp_text_puts(text, "]");
}

/* {"weights": [units][inputs], "biases": [units]}, and "gamma", "beta" where the layer has them;
 * `values` is room for the largest. */
static void put_layer(bp_text *text, const bp_snapshot *snapshot, size_t l, float *values) {
    const bp_network *network = &snapshot->network;
    bp_text_puts(text, l > 1 ? ",\n {" : "{");
    for (int k = 0; k < BP_PARAMETER_KINDS; k++) {
        const bp_parameter_kind kind = (bp_parameter_kind)k;
        const size_t count = bp_network_count(network, l, kind);
        if (count == 0) {
            continue;
        }
        bp_snapshot_get(snapshot, l, kind, values);
        bp_text_printf(text, "%s\"%s\": ", k > 0 ? ",\n  " : "", array_names[k]);
        if (kind == BP_PARAMETER_WEIGHT) {
            put_rows(text, values, count, network->width[l - 1]);
        } else {
            bp_text_put_floats(text, values, count);
        }
    }
    bp_text_puts(text, "}");
}

static bp_status reply_parameters(bp_call *call, const bp_snapshot *snapshot, bp_error *err) {
    char hex[BP_DIGEST_HEX_SIZE];
    bp_status status = bp_snapshot_digest(snapshot, hex, err);
    float *values = malloc(bp_network_largest(&snapshot->network) * sizeof *values);
    if (status == BP_OK && values == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the parameters");
    }
    if (status == BP_OK) {
        bp_text text = {0};
        bp_text_puts(&text, "{\"layers\": [");
        for (size_t l = 1; l <= snapshot->network.layer_count; l++) {
            put_layer(&text, snapshot, l, values);
        }
        bp_text_printf(&text, "],\n\"version\": %llu, \"sha256\": \"",
                       (unsigned long long)snapshot->version);
        bp_text_printf(&text, "%s\"}\n", hex);
        status = bp_reply_text(call->response, 200, &text, err);
    }
    free(values);
    return status;
}

bp_status bp_handle_get_parameters(bp_call *call, bp_error *err) {
    bp_model_info info;
    bp_status status = bp_get_called_model(call, &info, err);
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
