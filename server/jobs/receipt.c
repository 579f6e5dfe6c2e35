#include "receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_memory.h"
#include "model_spec_json.h"
#include "train_options_json.h"

/* Every digest of a receipt: its name on the wire and its place. */
static const struct {
    const char *name;
    size_t offset;
} digests[] = {
    {"data_sha256", offsetof(bp_receipt, data_sha256)},
    {"configuration_sha256", offsetof(bp_receipt, configuration_sha256)},
    {"start_sha256", offsetof(bp_receipt, start_sha256)},
    {"scaling_sha256", offsetof(bp_receipt, scaling_sha256)},
    {"weights_sha256", offsetof(bp_receipt, weights_sha256)},
};
_Static_assert(sizeof digests / sizeof *digests == BP_RECEIPT_DIGESTS, "each digest has its row");

static char *digest_of(const bp_receipt *receipt, size_t i) {
    return (char *)receipt + digests[i].offset;
}

/* --- filling -------------------------------------------------------------------------------- */

/* Whether sizes were left open when the model was made has no part in what it became. */
static bp_model_spec close_sizes(const bp_model_spec *spec, const bp_network *network) {
    bp_model_spec closed = *spec;
    closed.inputs = network->width[0];
    closed.layers[closed.layer_count - 1].units = network->width[network->layer_count];
    return closed;
}

/* Which rows another data set holds out is told by what it holds, not by what it is called. */
static bool name_held_out(json_t *training, const bp_dataset *held_out) {
    return held_out == NULL || json_object_set_new(json_object_get(training, "validation"),
                                                   "dataset", json_string(held_out->sha256)) == 0;
}

/* What was changed on the way. */
static bool name_edits(json_t *training, const bp_job_edits *edits) {
    if (edits == NULL || edits->count == 0) {
        return true;
    }
    json_t *array = json_array();
    for (size_t i = 0; i < edits->count; i++) {
        const bp_job_edit *edit = &edits->edit[i];
        if (json_array_append_new(
                array, json_pack("{s:I, s:f, s:I}", "step", (json_int_t)edit->step, "learning_rate",
                                 edit->learning_rate, "epochs", (json_int_t)edit->epochs)) != 0) {
            json_decref(array);
            return false;
        }
    }
    return json_object_set_new(training, "edits", array) == 0;
}

static bp_status digest_configuration(const bp_model_spec *spec, const bp_receipt_inputs *inputs,
                                      char hex[BP_DIGEST_HEX_SIZE], bp_error *err) {
    json_t *training = bp_train_options_to_json(inputs->options);
    json_object_del(training, "threads");
    const bool named = name_held_out(training, inputs->options->validation.held_out) &&
                       name_edits(training, inputs->edits);
    json_t *json = json_pack("{s:o, s:o}", "model", bp_spec_to_json(spec), "training", training);
    char *text =
        named ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(json);
    if (bp_json_memory_take_failure() || text == NULL) {
        free(text);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a receipt");
    }
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add(&digest, text, strlen(text));
    bp_digest_finish(&digest, hex);
    free(text);
    return BP_OK;
}

static void digest_scaling(const bp_snapshot *start, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_digest digest;
    bp_digest_start(&digest);
    bp_digest_add_floats(&digest, start->input_mean, start->network.width[0]);
    bp_digest_add_floats(&digest, start->input_scale, start->network.width[0]);
    bp_recipe_digest(&start->recipe, &digest);
    if (start->target_scale != NULL) {
        const size_t outputs = start->network.width[start->network.layer_count];
        bp_digest_add_floats(&digest, start->target_mean, outputs);
        bp_digest_add_floats(&digest, start->target_scale, outputs);
    }
    bp_digest_finish(&digest, hex);
}

bp_status bp_receipt_begin(bp_receipt *out, const bp_receipt_inputs *inputs, bp_error *err) {
    bp_receipt receipt = {.seed = inputs->options->seed,
                          .version = BP_VERSION,
                          .spec = close_sizes(inputs->spec, &inputs->start->network)};
    bp_status status = bp_snapshot_digest(inputs->start, receipt.start_sha256, err);
    if (status == BP_OK) {
        status = digest_configuration(&receipt.spec, inputs, receipt.configuration_sha256, err);
    }
    if (status != BP_OK) {
        return status;
    }
    digest_scaling(inputs->start, receipt.scaling_sha256);
    memcpy(receipt.data_sha256, inputs->data->sha256, sizeof receipt.data_sha256);
    *out = receipt;
    return BP_OK;
}

void bp_receipt_note_place(bp_receipt *receipt, const bp_kernels *kernels, size_t threads) {
    snprintf(receipt->isa, sizeof receipt->isa, "%s", bp_kernels_name(kernels));
    receipt->threads = threads;
}

bool bp_receipt_start_is_drawn(const bp_receipt *receipt, const bp_dataset *data,
                               const bp_train_options *options) {
    bp_snapshot *drawn = NULL;
    char start[BP_DIGEST_HEX_SIZE] = "", scaling[BP_DIGEST_HEX_SIZE] = "";
    if (bp_train_bind(&drawn, &receipt->spec, NULL, data, options, NULL) == BP_OK &&
        bp_snapshot_digest(drawn, start, NULL) == BP_OK) {
        digest_scaling(drawn, scaling);
    }
    bp_snapshot_unref(drawn);
    return strcmp(start, receipt->start_sha256) == 0 &&
           strcmp(scaling, receipt->scaling_sha256) == 0;
}

size_t bp_receipt_compare(const bp_receipt *a, const bp_receipt *b, const char **names) {
    size_t count = 0;
    for (size_t i = 0; i < BP_RECEIPT_DIGESTS; i++) {
        if (strcmp(digest_of(a, i), digest_of(b, i)) != 0) {
            names[count++] = digests[i].name;
        }
    }
    return count;
}

/* --- as JSON -------------------------------------------------------------------------------- */

json_t *bp_receipt_to_json(const bp_receipt *receipt) {
    json_t *json = json_pack("{s:I, s:I, s:s, s:s, s:I}", "seed", (json_int_t)receipt->seed,
                             "steps", (json_int_t)receipt->steps, "version", receipt->version,
                             "isa", receipt->isa, "threads", (json_int_t)receipt->threads);
    for (size_t i = 0; i < BP_RECEIPT_DIGESTS; i++) {
        if (json_object_set_new(json, digests[i].name, json_string(digest_of(receipt, i))) != 0) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

bool bp_receipt_from_json(bp_receipt *out, const json_t *json) {
    json_int_t seed, steps, threads;
    const char *version, *isa, *hex;
    if (json_unpack((json_t *)json, "{s:I, s:I, s:s, s:s, s:I}", "seed", &seed, "steps", &steps,
                    "version", &version, "isa", &isa, "threads", &threads) != 0 ||
        seed < 0 || steps < 1 || threads < 1) {
        return false;
    }
    for (size_t i = 0; i < BP_RECEIPT_DIGESTS; i++) {
        hex = json_string_value(json_object_get(json, digests[i].name));
        if (hex == NULL || strlen(hex) != BP_DIGEST_HEX_SIZE - 1) {
            return false;
        }
        memcpy(digest_of(out, i), hex, BP_DIGEST_HEX_SIZE);
    }
    out->seed = (uint64_t)seed;
    out->steps = (uint64_t)steps;
    out->threads = (size_t)threads;
    snprintf(out->version, sizeof out->version, "%s", version);
    snprintf(out->isa, sizeof out->isa, "%s", isa);
    return true;
}
