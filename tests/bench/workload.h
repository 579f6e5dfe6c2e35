/* A net and made-up data to train it on. */
#ifndef BP_BENCH_WORKLOAD_H
#define BP_BENCH_WORKLOAD_H

#include "dataset.h"
#include "trainer.h"

typedef struct bp_workload {
    const char *text; /* "64-128-10": inputs, then the layers; "64x9" is nine of them; borrowed */
    bp_model_spec spec;
    double weights; /* biases not counted */
    /* Of the mathematics, an fma counting 2. With P weights, P_1 of them in layer 1, a sample costs
     * 2 P forward, 2 P for dl/dw and 2 (P - P_1) for dl/dx of layers 1..L-1. */
    double flops_per_sample;
    bp_dataset *data; /* [rows] */
} bp_workload;

/* The net: relu inside; one output trains with mse, more with softmax and cross_entropy. The data:
 * inputs uniform in [0, 1), targets drawn too, so that there is nothing to learn and nothing
 * saturates. Stops the program on an error. */
void bp_workload_make(bp_workload *out, const char *text, size_t rows);
void bp_workload_clear(bp_workload *load);

/* A trainer of the net on the data, which holds what it needs. Stops the program on an error. */
bp_trainer *bp_workload_trainer(const bp_workload *load, const bp_train_options *settings,
                                bp_train_place place);

#endif
