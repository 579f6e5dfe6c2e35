/* A model with random parameters and input scaling, rows and targets for it, from a seed. */
#ifndef BP_RANDOM_MODEL_H
#define BP_RANDOM_MODEL_H

#include "gradients.h"

typedef struct bp_random_model {
    bp_snapshot *snapshot;
    float *rows; /* [count, width[0]] raw */
    size_t count;
    float *y;             /* [count, width[L]] */
    int32_t *class_index; /* [count] */
    bp_targets targets;   /* classes for cross_entropy, else y */
} bp_random_model;

/* Uniform in [-1, 1), a function of its arguments. */
float bp_random_number(uint64_t seed, uint32_t what, uint64_t index);

/* `spec` names every size. Aborts the test where anything fails. */
void bp_random_model_make(bp_random_model *out, const bp_model_spec *spec, size_t count,
                          uint64_t seed);
void bp_random_model_clear(bp_random_model *model);

#endif
