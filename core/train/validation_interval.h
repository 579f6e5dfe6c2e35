/* How often the held-out rows are looked at: at the ends of some epochs, and, as observations on
 * which nothing depends, after so many steps. */
#ifndef BP_VALIDATION_INTERVAL_H
#define BP_VALIDATION_INTERVAL_H

#include "split.h"

/* What options say where they leave it open with 0. */
#define BP_DEFAULT_MAX_SHARE 0.2F

/* every_epochs, of options that may have 0 for 1. */
uint64_t bp_validation_every_epochs(const bp_split_options *options);

/* Whether the held-out rows are looked at after an epoch (from 1), the last one of all or not. */
bool bp_validation_is_due(const bp_split_options *options, uint64_t epoch, bool last);

/* Steps from one observation to the next: the fewest, every_steps at least, for which looking at
 * the `validation` rows costs no more than max_share of the training's products, by counting: a
 * forward pass is one product a row, a step on `batch` rows three. 0: no observations, for
 * every_steps or `validation` is 0. A function of the sizes alone. */
uint64_t bp_validation_every_steps(const bp_split_options *options, size_t validation,
                                   size_t batch);

/* INVALID "/validation/every_epochs", "/validation/max_share". */
BP_NODISCARD bp_status bp_validation_interval_check(const bp_split_options *options, bp_error *err);

#endif
