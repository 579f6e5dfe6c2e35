#include "job_receipt.h"

#include <string.h>

/* Weights that a model's spec does not draw again have to be kept for a replay. */
static bool is_fresh(const bp_receipt *receipt, const bp_job_receipt_of *of) {
    return of->undrawn || (of->start->version == 0 &&
                           bp_receipt_start_is_drawn(receipt, of->job->data, of->options));
}

static size_t workers_of(const bp_job_receipt_of *of, const bp_job_info *facts) {
    const size_t asked = facts->request.options.threads, all = of->service->threads;
    return asked > 0 && asked < all ? asked : all;
}

static void fill_receipt(bp_job_info *facts, const bp_job_receipt_of *of) {
    const bp_receipt_inputs inputs = {.spec = &((bp_model *)of->job->model)->spec,
                                      .start = of->start,
                                      .data = of->job->data,
                                      .options = of->options,
                                      .edits = &of->job->edits};
    bp_receipt *receipt = &facts->receipt;
    const uint64_t steps = receipt->steps;
    if (bp_receipt_begin(receipt, &inputs, NULL) == BP_OK) {
        bp_receipt_note_place(receipt, of->service->kernels, workers_of(of, facts));
        receipt->fresh = is_fresh(receipt, of);
        receipt->steps = steps;
        memcpy(receipt->weights_sha256, facts->sha256, sizeof receipt->weights_sha256);
    }
}

void bp_job_receipt_fill(bp_job_info *facts, const bp_job_receipt_of *of) {
    if (bp_snapshot_digest(of->weights, facts->sha256, NULL) == BP_OK) {
        fill_receipt(facts, of);
    } else {
        facts->sha256[0] = '\0';
    }
}
