/* What keeps a training from learning its data by heart. */
#ifndef BP_REGULARIZATION_H
#define BP_REGULARIZATION_H

#include "status.h"

/* All 0: none. The penalties act on weights, not on biases (Goodfellow et al. 2016, section 7.1);
 * an optimiser's own weight_decay, beside them, is on all parameters. */
typedef struct bp_regularization {
    float l1;       /* g <- g + l1 sign(w); Goodfellow et al. 2016, eq. 7.20 */
    float l2;       /* g <- g + l2 w; Goodfellow et al. 2016, eq. 7.3 */
    float max_norm; /* each unit's incoming weights, as a vector, are at most so long after every
                       update; Srivastava et al. 2014, section 5.1. 0: no limit */
    float dropout;  /* in [0, 1): share of the hidden units that each row does without, the others
                       scaled by 1 / (1 - p); Srivastava et al. 2014, section 4 and 10 */
    float input_dropout; /* likewise of the scaled inputs */
    float input_noise;   /* standard deviation of what is added to the scaled inputs; Bishop 1995 */
} bp_regularization;

/* INVALID "/regularization/l1", ...: below 0 or not finite, or a share of 1 and more. */
BP_NODISCARD bp_status bp_regularization_check(const bp_regularization *regularization,
                                               bp_error *err);

#endif
