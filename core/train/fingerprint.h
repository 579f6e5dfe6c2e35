/* A SHA-256 of all that a training is a function of but its initial weights: whether the state of
 * one belongs to another. What changes no bit of the result (workers, activation checkpointing) is
 * not in it. */
#ifndef BP_FINGERPRINT_H
#define BP_FINGERPRINT_H

#include "trainer.h"

typedef struct bp_fingerprint_of {
    const bp_train_options *options; /* with the held-out data set and the weights of classes */
    const bp_snapshot *start; /* its network, recipe, scaling and version; not its parameters */
    const bp_dataset *data;   /* its sha256, which is not computed again */
} bp_fingerprint_of;

void bp_fingerprint_take(char hex[BP_DIGEST_HEX_SIZE], const bp_fingerprint_of *of);

#endif
