/* The answer of …/gradients: chosen fields at chosen layers, as JSON or as safetensors. */
#ifndef BP_GRADIENTS_REPLY_H
#define BP_GRADIENTS_REPLY_H

#include "gradients.h"
#include "reply.h"

enum { BP_MAX_GRADIENT_ITEMS = BP_GRADIENT_FIELD_COUNT * (BP_MAX_LAYERS + 1) };

/* One field at one layer. */
typedef struct bp_gradient_item {
    bp_gradient_field field;
    size_t layer;
    bp_gradient_shape shape;
} bp_gradient_item;

/* By layer, then by field. */
typedef struct bp_gradient_list {
    bp_gradient_item items[BP_MAX_GRADIENT_ITEMS];
    size_t count;
    size_t total; /* numbers of all items */
} bp_gradient_list;

typedef struct bp_gradient_answer {
    const bp_gradient_list *list;
    bp_gradients *gradients;
    size_t rows;
    bp_reduction reduction;
    uint64_t version; /* of the model */
} bp_gradient_answer;

/* Bytes that a number takes, at most. */
enum { BP_JSON_FLOAT_BYTES = 17, BP_RAW_FLOAT_BYTES = 4 };

/* {"layers": [{"layer": 1, "dw": [[..]]}], "loss": .., "reduction": .., "non_finite": [..],
 * "model_version": ..}. A number that is not finite is null, and listed under non_finite (the first
 * hundred). NO_MEMORY. */
BP_NODISCARD bp_status bp_gradient_reply_json(bp_response *response,
                                              const bp_gradient_answer *answer, bp_error *err);

/* https://github.com/huggingface/safetensors: 8 bytes, little-endian: the size of the header; the
 * header, a JSON object {name: {"dtype", "shape", "data_offsets"}}; the numbers, float32
 * little-endian. Names are "layers.1.dw", and "loss", of each row. NO_MEMORY. */
BP_NODISCARD bp_status bp_gradient_reply_safetensors(bp_response *response,
                                                     const bp_gradient_answer *answer,
                                                     bp_error *err);

extern const char bp_safetensors_type[]; /* "application/x-safetensors" */

#endif
