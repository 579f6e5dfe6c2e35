/* The receipt of a job that ends, from what its training leaves. */
#ifndef BP_JOB_RECEIPT_H
#define BP_JOB_RECEIPT_H

#include "receipt.h"
#include "service_state.h"

typedef struct bp_job_receipt_of {
    bp_service *service;
    bp_job *job;
    bp_snapshot *start;
    bp_snapshot *weights;
    const bp_train_options *options;
    bool undrawn; /* the model had no weights before */
} bp_job_receipt_of;

/* Fills the digest and the receipt in the facts, whose receipt.steps are those of the weights.
 * Where there is no memory for a digest there is none. The driver. */
void bp_job_receipt_fill(bp_job_info *facts, const bp_job_receipt_of *of);

#endif
