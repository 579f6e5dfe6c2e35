/* Limits on the gradient of a step, against steps that are far too long. Pascanu, Mikolov and
 * Bengio, "On the difficulty of training recurrent neural networks", 2013, section 3.2. */
#ifndef BP_GRADIENT_CLIPPING_H
#define BP_GRADIENT_CLIPPING_H

#include <stdbool.h>

#include "status.h"

/* The loss's gradient is clipped, by value and then by norm, before any penalty is added. */
typedef struct bp_gradient_clipping {
    float value; /* each element is brought into [-value, value]; 0: off */
    float norm;  /* g <- g min(1, norm / (|g| + 1e-6)), |g| over all parameters, as PyTorch's
                    clip_grad_norm_; 0: off */
} bp_gradient_clipping;

/* INVALID "/gradient_clipping/norm", ...: below 0 or not finite. */
BP_NODISCARD bp_status bp_gradient_clipping_check(const bp_gradient_clipping *clipping,
                                                  bp_error *err);

bool bp_gradient_clipping_on(const bp_gradient_clipping *clipping);

/* What a gradient of this norm is multiplied by. */
float bp_gradient_clipping_factor(const bp_gradient_clipping *clipping, double gradient_norm);

#endif
