/* The functions of one number that the reference is made of, in double precision and with libm. */
#ifndef BP_REFERENCE_FUNCTIONS_H
#define BP_REFERENCE_FUNCTIONS_H

#include "activation.h"
#include "loss.h"

/* sigma and its derivative, by s and x = sigma(s). Softmax is not here: it is a function of a whole
 * row. */
typedef struct bp_reference_activation {
    double (*sigma)(double s);
    double (*slope)(double s, double x);
} bp_reference_activation;
extern const bp_reference_activation bp_reference_activations[BP_ACTIVATION_COUNT];

/* The losses that are means over the D outputs of a row, cross_entropy is not: what one output adds
 * to D times the loss, and the slope of that by x; for binary_cross_entropy of and by s. */
typedef struct bp_reference_loss {
    double (*value)(const bp_loss_parameters *parameters, double x, double y);
    double (*slope)(const bp_loss_parameters *parameters, double x, double y);
} bp_reference_loss;
extern const bp_reference_loss bp_reference_losses[BP_LOSS_COUNT];

#endif
