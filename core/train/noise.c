#include "noise.h"

bool bp_noise_is_asked(const bp_regularization *r) {
    return r->dropout > 0 || r->input_dropout > 0 || r->input_noise > 0;
}

/* The layer stands above the step, which stays below 2^56. */
static bp_random_run run_of(const bp_noise *noise, const bp_noise_rows *rows,
                            bp_random_stream stream) {
    return (bp_random_run){.seed = noise->seed,
                           .stream = stream,
                           .major = (uint64_t)rows->layer << 56 | noise->step,
                           .first = (uint64_t)(noise->first_row + rows->first) * rows->width};
}

static void drop(const bp_noise *noise, const bp_noise_rows *rows, float p, const float *a,
                 float *out) {
    const bp_dropout dropout = {.run = run_of(noise, rows, BP_STREAM_DROPOUT),
                                .threshold = (uint32_t)((double)p * 0x1p32),
                                .scale = 1.0f / (1.0f - p),
                                .count = rows->rows * rows->width,
                                .a = a,
                                .out = out};
    rows->kernels->drop(&dropout);
}

void bp_noise_on_inputs(const bp_noise *noise, const bp_noise_rows *rows, float *x) {
    if (noise->input_noise > 0) {
        const bp_random_run run = run_of(noise, rows, BP_STREAM_NOISE);
        rows->kernels->add_noise(&run, noise->input_noise, rows->rows * rows->width, x);
    }
    if (noise->input_dropout > 0) {
        drop(noise, rows, noise->input_dropout, x, x);
    }
}

void bp_noise_drop(const bp_noise *noise, const bp_noise_rows *rows, const float *a, float *out) {
    drop(noise, rows, noise->dropout, a, out);
}
