#include "loss_parameters.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network.h"

const bp_loss_parameter_info bp_loss_parameter_infos[BP_LOSS_PARAMETER_COUNT] = {
    {.name = "quantile",
     .loss = BP_LOSS_QUANTILE,
     .usual = 0.5f,
     .high = 1,
     .range = "in (0, 1)",
     .offset = offsetof(bp_loss_parameters, quantile)},
    {.name = "huber_delta",
     .loss = BP_LOSS_HUBER,
     .usual = 1,
     .high = INFINITY,
     .range = "above 0 and finite",
     .offset = offsetof(bp_loss_parameters, huber_delta)},
    {.name = "label_smoothing",
     .loss = BP_LOSS_CROSS_ENTROPY,
     .usual = 0,
     .high = 1,
     .from_low = true,
     .range = "in [0, 1)",
     .offset = offsetof(bp_loss_parameters, label_smoothing)},
};

bp_status bp_loss_parameter_check(const bp_loss_parameter_info *info, bp_loss loss, float value,
                                  bp_error *err) {
    char field[BP_FIELD_SIZE];
    snprintf(field, sizeof field, "/%s", info->name);
    if (loss != info->loss) {
        return bp_fail(err, BP_INVALID, field, "the loss %s has no %s; %s has",
                       bp_losses.names[loss], info->name, bp_losses.names[info->loss]);
    }
    bool above = value > info->low || (info->from_low && value == info->low);
    return above && value < info->high
               ? BP_OK
               : bp_fail(err, BP_INVALID, field, "%s must be %s", info->name, info->range);
}

float bp_loss_parameter_get(const bp_loss_parameter_info *info, const bp_loss_parameters *of) {
    float value;
    memcpy(&value, (const char *)of + info->offset, sizeof value);
    return value;
}

void bp_loss_parameter_set(const bp_loss_parameter_info *info, bp_loss_parameters *of,
                           float value) {
    memcpy((char *)of + info->offset, &value, sizeof value);
}

bp_status bp_loss_rule_of(bp_loss_rule *out, bp_loss loss, const bp_loss_parameters *given,
                          bp_error *err) {
    bp_loss_rule rule = {.loss = loss};
    for (size_t i = 0; i < BP_LOSS_PARAMETER_COUNT; i++) {
        const bp_loss_parameter_info *info = &bp_loss_parameter_infos[i];
        const float value = bp_loss_parameter_get(info, given);
        bp_status status = value != 0 ? bp_loss_parameter_check(info, loss, value, err) : BP_OK;
        if (status != BP_OK) {
            return status;
        }
        bp_loss_parameter_set(info, &rule.parameters, value != 0 ? value : info->usual);
    }
    *out = rule;
    return BP_OK;
}
