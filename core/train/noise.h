/* The noise of a training step: dropout, and noise on the inputs. What is dropped or added is a
 * function of (seed, step, layer, row of the minibatch, unit), so neither tiles nor workers nor a
 * resumed run can change it, and the way back draws the same mask again in place of keeping it. */
#ifndef BP_NOISE_H
#define BP_NOISE_H

#include <stdbool.h>

#include "kernels.h"
#include "regularization.h"

typedef struct bp_noise {
    uint64_t seed, step;
    size_t first_row; /* of the minibatch, that row 0 of the buffers is */
    float dropout, input_dropout, input_noise;
} bp_noise;

/* Rows of layer l: `rows` from row `first` of the buffers on, of `width` units each. */
typedef struct bp_noise_rows {
    const bp_kernels *kernels;
    size_t layer, first, rows, width;
} bp_noise_rows;

/* Whether a training has any. */
bool bp_noise_is_asked(const bp_regularization *regularization);

/* Noise on the scaled inputs x(0), in place: first N(0, input_noise^2) is added (Bishop, "Training
 * with noise is equivalent to Tikhonov regularization", Neural Computation 7 (1995)), then
 * input_dropout drops. */
void bp_noise_on_inputs(const bp_noise *noise, const bp_noise_rows *rows, float *x);

/* Dropout of a hidden layer: out = the mask . a / (1 - p) (Srivastava et al. 2014). Of x(l) on the
 * way forward and of dl/dx(l) on the way back. out may be a. */
void bp_noise_drop(const bp_noise *noise, const bp_noise_rows *rows, const float *a, float *out);

#endif
