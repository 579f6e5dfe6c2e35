/* The parameters that losses have: names, defaults and ranges, in one table. */
#ifndef BP_LOSS_PARAMETERS_H
#define BP_LOSS_PARAMETERS_H

#include <stddef.h>

#include "loss.h"
#include "status.h"

enum { BP_LOSS_PARAMETER_COUNT = 3 };

typedef struct bp_loss_parameter_info {
    const char *name; /* of the model's field */
    bp_loss loss;     /* the one that has it */
    float usual;      /* the default */
    float low, high;  /* low < value < high */
    bool from_low;    /* low too */
    const char *range;
    size_t offset; /* into bp_loss_parameters */
} bp_loss_parameter_info;
extern const bp_loss_parameter_info bp_loss_parameter_infos[BP_LOSS_PARAMETER_COUNT];

/* Whether `loss` may be given this value of a parameter. INVALID with the field ("/huber_delta"):
 * another loss's parameter, a value out of its range. */
BP_NODISCARD bp_status bp_loss_parameter_check(const bp_loss_parameter_info *info, bp_loss loss,
                                               float value, bp_error *err);

float bp_loss_parameter_get(const bp_loss_parameter_info *info, const bp_loss_parameters *of);
void bp_loss_parameter_set(const bp_loss_parameter_info *info, bp_loss_parameters *of, float value);

/* Puts the default where a value is 0. INVALID as bp_loss_parameter_check. */
BP_NODISCARD bp_status bp_loss_rule_of(bp_loss_rule *out, bp_loss loss,
                                       const bp_loss_parameters *given, bp_error *err);

#endif
