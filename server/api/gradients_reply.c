#include "gradients_reply.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char bp_safetensors_type[] = "application/x-safetensors";

enum { MAX_NON_FINITE = 100 };

/* Room for the largest item, to be freed. */
static bp_status make_room(float **out, const bp_gradient_list *list, bp_error *err) {
    size_t largest = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t count = list->items[i].shape.count;
        largest = count > largest ? count : largest;
    }
    *out = malloc(largest * sizeof **out);
    return *out != NULL
               ? BP_OK
               : bp_fail(err, BP_NO_MEMORY, NULL, "no memory for %zu derivatives", largest);
}

/* --- JSON ----------------------------------------------------------------------------------- */

typedef struct json_answer {
    bp_text text;
    bp_text non_finite; /* the items of the list, without its brackets */
    size_t non_finite_count;
} json_answer;

static void put_tensor(bp_text *text, const size_t *size, size_t rank, const float *values) {
    if (rank == 1) {
        bp_text_put_floats(text, values, size[0]);
        return;
    }
    size_t each = 1;
    for (size_t i = 1; i < rank; i++) {
        each *= size[i];
    }
    bp_text_puts(text, "[");
    for (size_t i = 0; i < size[0]; i++) {
        bp_text_puts(text, i > 0 ? ",\n  " : "");
        put_tensor(text, size + 1, rank - 1, values + i * each);
    }
    bp_text_puts(text, "]");
}

/* {"layer", "field", "index": [..], "value": "-inf"} */
static void note_non_finite(json_answer *a, const bp_gradient_item *item, size_t at, float value) {
    if (a->non_finite_count++ >= MAX_NON_FINITE) {
        return;
    }
    size_t index[3];
    for (size_t i = item->shape.rank; i-- > 0;) {
        index[i] = at % item->shape.size[i];
        at /= item->shape.size[i];
    }
    bp_text_puts(&a->non_finite, a->non_finite_count > 1 ? ",\n " : "");
    bp_text_printf(&a->non_finite, "{\"layer\": %zu, \"field\": \"%s\", \"index\": [", item->layer,
                   bp_gradient_fields.names[item->field]);
    for (size_t i = 0; i < item->shape.rank; i++) {
        bp_text_printf(&a->non_finite, "%s%zu", i > 0 ? ", " : "", index[i]);
    }
    const char *word = value > 0 ? "inf" : "-inf";
    bp_text_printf(&a->non_finite, "], \"value\": \"%s\"}", isnan(value) ? "nan" : word);
}

static void put_item(json_answer *a, const bp_gradient_item *item, const float *values) {
    bp_text_printf(&a->text, ",\n \"%s\": ", bp_gradient_fields.names[item->field]);
    put_tensor(&a->text, item->shape.size, item->shape.rank, values);
    for (size_t i = 0; i < item->shape.count; i++) {
        if (!isfinite(values[i])) {
            note_non_finite(a, item, i, values[i]);
        }
    }
}

static void put_items(json_answer *a, const bp_gradient_answer *answer, float *values) {
    for (size_t i = 0; i < answer->list->count; i++) {
        const bp_gradient_item *item = &answer->list->items[i];
        if (i == 0 || item->layer != item[-1].layer) {
            bp_text_printf(&a->text, "%s{\"layer\": %zu", i > 0 ? "},\n" : "", item->layer);
        }
        bp_gradients_write(answer->gradients, item->field, item->layer, values);
        put_item(a, item, values);
    }
    bp_text_puts(&a->text, "}");
}

/* Of the minibatch: added up in double, row by row, as training has it. */
static double loss_of_all(const bp_gradient_answer *answer, const float *losses) {
    double sum = 0;
    for (size_t i = 0; i < answer->rows; i++) {
        sum += (double)losses[i];
    }
    return answer->reduction == BP_REDUCTION_MEAN ? sum / (double)answer->rows : sum;
}

static void put_loss(bp_text *text, const bp_gradient_answer *answer) {
    const float *losses = bp_gradients_losses(answer->gradients);
    if (losses != NULL && answer->reduction == BP_REDUCTION_NONE) {
        bp_text_put_floats(text, losses, answer->rows);
        return;
    }
    const double loss = losses != NULL ? loss_of_all(answer, losses) : NAN;
    if (isfinite(loss)) {
        bp_text_printf(text, "%.15g", loss);
    } else {
        bp_text_puts(text, "null");
    }
}

bp_status bp_gradient_reply_json(bp_response *response, const bp_gradient_answer *answer,
                                 bp_error *err) {
    float *values;
    bp_status status = make_room(&values, answer->list, err);
    if (status != BP_OK) {
        return status;
    }
    json_answer a = {0};
    bp_text_puts(&a.text, "{\"layers\": [");
    put_items(&a, answer, values);
    free(values);
    bp_text_puts(&a.text, "],\n\"loss\": ");
    put_loss(&a.text, answer);
    bp_text_printf(&a.text, ", \"reduction\": \"%s\",\n\"non_finite\": [",
                   bp_reductions.names[answer->reduction]);
    bp_text_put(&a.text, a.non_finite.bytes, a.non_finite.size);
    bp_text_printf(&a.text, "], \"model_version\": %" PRIu64 "}\n", answer->version);
    a.text.failed = a.text.failed || a.non_finite.failed;
    bp_text_clear(&a.non_finite);
    return bp_reply_text(response, 200, &a.text, err);
}

/* --- safetensors ---------------------------------------------------------------------------- */

static void put_little_endian(bp_text *text, uint64_t value, size_t bytes) {
    char out[8];
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (char)(value >> (8 * i) & 0xff);
    }
    bp_text_put(text, out, bytes);
}

static void put_raw_floats(bp_text *text, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        put_little_endian(text, bits, sizeof bits);
    }
}

/* What follows a tensor's name; moves *offset past its numbers. */
static void put_place(bp_text *header, const size_t *size, size_t rank, size_t *offset) {
    size_t count = 1;
    bp_text_puts(header, ": {\"dtype\": \"F32\", \"shape\": [");
    for (size_t i = 0; i < rank; i++) {
        bp_text_printf(header, "%s%zu", i > 0 ? ", " : "", size[i]);
        count *= size[i];
    }
    bp_text_printf(header, "], \"data_offsets\": [%zu, ", *offset);
    *offset += count * BP_RAW_FLOAT_BYTES;
    bp_text_printf(header, "%zu]}", *offset);
}

/* Filled up with spaces, so that the numbers begin on a border of 8 bytes. */
static void put_header(bp_text *header, const bp_gradient_answer *answer) {
    size_t offset = 0;
    bp_text_printf(header,
                   "{\"__metadata__\": {\"reduction\": \"%s\", \"model_version\": \"%" PRIu64 "\"}",
                   bp_reductions.names[answer->reduction], answer->version);
    for (size_t i = 0; i < answer->list->count; i++) {
        const bp_gradient_item *item = &answer->list->items[i];
        bp_text_printf(header, ", \"layers.%zu.%s\"", item->layer,
                       bp_gradient_fields.names[item->field]);
        put_place(header, item->shape.size, item->shape.rank, &offset);
    }
    if (bp_gradients_losses(answer->gradients) != NULL) {
        bp_text_puts(header, ", \"loss\"");
        put_place(header, &answer->rows, 1, &offset);
    }
    bp_text_puts(header, "}");
    while (!header->failed && header->size % 8 != 0) {
        bp_text_puts(header, " ");
    }
}

bp_status bp_gradient_reply_safetensors(bp_response *response, const bp_gradient_answer *answer,
                                        bp_error *err) {
    float *values;
    bp_status status = make_room(&values, answer->list, err);
    if (status != BP_OK) {
        return status;
    }
    bp_text header = {0}, text = {0};
    put_header(&header, answer);
    put_little_endian(&text, header.size, 8);
    bp_text_put(&text, header.bytes, header.size);
    for (size_t i = 0; i < answer->list->count; i++) {
        const bp_gradient_item *item = &answer->list->items[i];
        bp_gradients_write(answer->gradients, item->field, item->layer, values);
        put_raw_floats(&text, values, item->shape.count);
    }
    if (bp_gradients_losses(answer->gradients) != NULL) {
        put_raw_floats(&text, bp_gradients_losses(answer->gradients), answer->rows);
    }
    free(values);
    text.failed = text.failed || header.failed;
    bp_text_clear(&header);
    status = bp_reply_text(response, 200, &text, err);
    if (status == BP_OK) {
        response->content_type = bp_safetensors_type;
    }
    return status;
}
