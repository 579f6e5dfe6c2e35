/* The arithmetic of the engine, one table of functions per instruction set. Every table computes
 * the same bits: the definitions are in README.md beside this file, and the table "naive" spells
 * them as loops. Any thread may call them; none allocates. */
#ifndef BP_KERNELS_H
#define BP_KERNELS_H

#include <stdbool.h>

#include "activation.h"
#include "loss.h"
#include "optimizer.h"
#include "philox.h"
#include "status.h"

/* Where the chain of a product's element starts. */
typedef enum bp_start {
    BP_START_ZERO, /* at 0 */
    BP_START_BIAS, /* at bias[j] */
    BP_START_C     /* at what C holds */
} bp_start;

/* What becomes of a product's element s after its chain. */
typedef enum bp_end {
    BP_END_NONE,
    BP_END_RELU, /* s > 0 ? s : 0, as `activate` has it */
    BP_END_GATE  /* gate[i, j] > 0 ? s : 0: relu's way back, as `activate_backward` has it */
} bp_end;

/* C[i, j] = start, then for k = 0, 1, ... one fma(A[i, k], B[k, j], .), then the end. i < m, j < n,
 * k < depth. A[i, k] = a[i * a_row + k * a_column]; B and C are row-major with their strides. */
typedef struct bp_product {
    size_t m, n, depth;
    const float *a;
    size_t a_row, a_column;
    const float *b;
    size_t b_row;
    bool b_turned; /* b holds B^T: B[k, j] = b[j * b_row + k] */
    float *c;
    size_t c_row;
    bp_start start;
    const float *bias; /* [n], for BP_START_BIAS */
    bp_end end;
    const float *gate; /* [m, n] with C's stride, for BP_END_GATE */
} bp_product;

/* Rows [rows, width] of the last layer; row-major, without padding. */
typedef struct bp_output_rows {
    size_t rows, width;
    float *x;    /* in: s(L) for a loss that is fused, else x(L). out: x(L) */
    float *d;    /* out: dl/ds(L) for a loss that is fused, else dl/dx(L); NULL: not wanted */
    float scale; /* of d: 1/B for the mean over the minibatch */
    float *loss; /* out: [rows] */
} bp_output_rows;

/* Rows of a data set for the network: out[r, c] = (x[index[r], c] - mean[c]) * scale[c]. */
typedef struct bp_gather {
    size_t rows, width;
    const float *x;        /* [*, width] */
    const uint32_t *index; /* [rows]; NULL: 0, 1, ... */
    const float *mean, *scale;
    float *out; /* [rows, width] */
} bp_gather;

/* Layer normalisation of rows [rows, width] over their units (Ba, Kiros and Hinton 2016, eq. 4):
 * z = (s - mean) / sqrt(variance + BP_NORMALIZATION_EPSILON), u = gamma . z + beta. Forward, then
 * backward from the z and inverse_deviation that forward left. */
#define BP_NORMALIZATION_EPSILON 1e-5f
typedef struct bp_normalization {
    size_t rows, width;
    const float *gamma, *beta; /* [width] */
    float *z;                  /* in: s; out: z. backward: z */
    float *inverse_deviation;  /* [rows] out: 1 / sqrt(..); NULL: not wanted. backward: in */
    float *u;                  /* out: u; may be z, which is lost then. backward: in, dl/du */
    float *ds;                 /* backward only, out: dl/ds; may be u */
} bp_normalization;

/* out[j] = start, then one fma(a[i, j], b[i, j], .) for i ascending. */
typedef struct bp_column_dots {
    size_t rows, width;
    const float *a, *b; /* [rows, width] */
    size_t row;         /* stride of both */
    bp_start start;     /* ZERO or C */
    float *out;         /* [width] */
} bp_column_dots;

/* Inverted dropout (Srivastava et al. 2014, section 10): out[i] = a[i] * scale where the run's word
 * i is at least `threshold`, else 0. With threshold p 2^32 and scale 1 / (1 - p) the expectation is
 * a[i]. out may be a. */
typedef struct bp_dropout {
    bp_random_run run;
    uint32_t threshold;
    float scale;
    size_t count;
    const float *a;
    float *out;
} bp_dropout;

typedef struct bp_kernels {
    const char *name;
    void (*product)(const bp_product *product);
    /* out[j] = start, then + a[i, j] for i ascending; a [rows, width] with row stride a_row. */
    void (*column_sums)(size_t rows, size_t width, const float *a, size_t a_row, bp_start start,
                        float *out);
    /* x = sigma(s); softmax is not among them, and leaves s. x may be s. */
    void (*activate)(bp_activation activation, size_t count, const float *s, float *x);
    /* ds = dx . sigma'(s). `kept` holds what sigma' is written in: s where bp_slope_is_in_s, else
     * x = sigma(s). ds may be dx. */
    void (*activate_backward)(bp_activation activation, size_t count, const float *kept,
                              const float *dx, float *ds);
    /* Softmax, cross-entropy and its derivative; class_index [rows]. */
    void (*cross_entropy)(const bp_loss_rule *rule, const bp_output_rows *rows,
                          const int32_t *class_index);
    /* A loss that is a mean over the outputs of each row (all but cross_entropy) and its
     * derivative; y [rows, width]. */
    void (*mean_loss)(const bp_loss_rule *rule, const bp_output_rows *rows, const float *y);
    /* x = softmax(s) in place, without targets. */
    void (*softmax)(size_t rows, size_t width, float *s);
    void (*gather)(const bp_gather *gather);
    /* out[j, i] = a[i, j]; a [rows, width] with row stride a_row, out with row stride out_row. */
    void (*transpose)(size_t rows, size_t width, const float *a, size_t a_row, float *out,
                      size_t out_row);
    /* a = a * factor */
    void (*scale)(size_t count, float factor, float *a);
    /* a = a brought into [-limit, limit]; NaN stays. */
    void (*clamp)(size_t count, float limit, float *a);
    /* out = fma(factor, a, b); out may be a or b. */
    void (*add_scaled)(size_t count, float factor, const float *a, const float *b, float *out);
    /* sum_i a_i b_i in double, interleaved. */
    double (*dot)(size_t count, const float *a, const float *b);
    /* Each column of w [inputs, units] whose norm is above `limit` is scaled to it. */
    void (*limit_norms)(size_t inputs, size_t units, float limit, float *w, size_t w_row);
    void (*normalize)(const bp_normalization *rows);
    void (*normalize_backward)(const bp_normalization *rows);
    void (*column_dots)(const bp_column_dots *dots);
    /* One step of an optimiser on a run of parameters. */
    void (*optimize)(const bp_parameter_step *step);
    bp_random_source *random_words;
    void (*drop)(const bp_dropout *dropout);
    /* a[i] = fma(deviation, z, a[i]) with z the normal quantile of the run's word i. */
    void (*add_noise)(const bp_random_run *run, float deviation, size_t count, float *a);
} bp_kernels;

/* The table of a name ("avx512", "avx2", "neon", "plain", "naive"); NULL or "auto": the fastest
 * that this machine runs. INVALID with the names that this machine runs. */
BP_NODISCARD bp_status bp_kernels_find(const char *name, const bp_kernels **out, bp_error *err);

const char *bp_kernels_name(const bp_kernels *kernels);

/* Names that this machine runs, fastest first, into names[capacity]; returns how many there are. */
size_t bp_kernels_available(const char **names, size_t capacity);

/* out[j, i] = a[i, j], without an instruction set: what `transpose` of the naive table is. */
void bp_transpose(size_t rows, size_t width, const float *a, size_t a_row, float *out,
                  size_t out_row);

#endif
