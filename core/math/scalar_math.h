/* The element-wise functions, one number at a time: these are their definitions. Each is a fixed
 * sequence of fma, +, -, *, / and bit operations, so it gives the same bits on every machine; the
 * vector forms in vector_math.h follow it operation by operation. Error bounds are measured over a
 * sample by tests/core/math. */
#ifndef BP_SCALAR_MATH_H
#define BP_SCALAR_MATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "element_constants.h"

static inline float bp_bits_to_float(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline int32_t bp_float_to_bits(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* 2^n for n in [-126, 127] */
static inline float bp_power_of_two(int32_t n) {
    return bp_bits_to_float((int32_t)((uint32_t)(n + 127) << 23));
}

/* x = n ln 2 + r, and q with e^r = 1 + r + q r^2. */
typedef struct bp_reduced {
    int32_t n;
    float r, q;
} bp_reduced;

static inline bp_reduced bp_reduce(float x) {
    float c = x > BP_EXP_MAX_INPUT ? BP_EXP_MAX_INPUT : x;
    c = c < BP_EXP_MIN_INPUT ? BP_EXP_MIN_INPUT : c;
    float n = fmaf(c, BP_LOG2_E, BP_ROUND_MAGIC) - BP_ROUND_MAGIC;
    float r = fmaf(n, -BP_LN2_LOW, fmaf(n, -BP_LN2_HIGH, c));
    float q = fmaf(BP_EXP_C7, r, BP_EXP_C6);
    q = fmaf(q, r, BP_EXP_C5);
    q = fmaf(q, r, BP_EXP_C4);
    q = fmaf(q, r, BP_EXP_C3);
    q = fmaf(q, r, BP_EXP_C2);
    return (bp_reduced){(int32_t)n, r, q};
}

/* a 2^n, in two factors so that neither over- nor underflows and only the second rounds. */
static inline float bp_scale_by(float a, int32_t n) {
    int32_t half = n >> 1;
    return a * bp_power_of_two(half) * bp_power_of_two(n - half);
}

/* e^x within 1 ulp; subnormal results too. */
static inline float bp_exp_scalar(float x) {
    bp_reduced t = bp_reduce(x);
    float h = 1.0f + t.r; /* r - (h - 1) is what the sum lost */
    float e = h + fmaf(t.q, t.r * t.r, t.r - (h - 1.0f));
    return bp_scale_by(e, t.n);
}

/* e^x - 1 for x <= 0, within 2 ulp: 2^n (e^r - 1) + (2^n - 1), rounded once. */
static inline float bp_expm1_scalar(float x) {
    bp_reduced t = bp_reduce(x < BP_EXPM1_MIN_INPUT ? BP_EXPM1_MIN_INPUT : x);
    float scale = bp_power_of_two(t.n);
    return fmaf(scale, fmaf(t.q, t.r * t.r, t.r), scale - 1.0f);
}

/* 1 / (1 + e^-x) within 2 ulp. For x < 0 it is e / (1 + e) with e = e^x, so that small results keep
 * their digits; what the sums 1 + r and 1 + e lost corrects the quotient. */
static inline float bp_sigmoid_scalar(float x) {
    bp_reduced t = bp_reduce(-fabsf(x));
    float h = 1.0f + t.r, s = fmaf(t.q, t.r * t.r, t.r - (h - 1.0f)), sum = h + s;
    float e = bp_scale_by(sum, t.n), lost_e = bp_scale_by(s - (sum - h), t.n);
    float d = 1.0f + e, lost_d = (e - (d - 1.0f)) + lost_e, y = 1.0f / d;
    float above = x >= 0 ? 1.0f : e, lost_above = x >= 0 ? 0.0f : lost_e;
    float quotient = above * y;
    float rest = fmaf(-quotient, lost_d, fmaf(-quotient, d, above) + lost_above);
    return fmaf(rest, y, quotient);
}

/* tanh within 2 ulp. */
static inline float bp_tanh_scalar(float x) {
    float a = fabsf(x);
    if (a < BP_TANH_SMALL) {
        float z = x * x;
        float p = fmaf(BP_TANH_C4, z, BP_TANH_C3);
        p = fmaf(p, z, BP_TANH_C2);
        p = fmaf(p, z, BP_TANH_C1);
        p = fmaf(p, z, BP_TANH_C0);
        return fmaf(p * z, x, x);
    }
    float t = 1.0f - 2.0f / (bp_exp_scalar(a + a) + 1.0f);
    return copysignf(t, x);
}

/* log(2^n (1 + f)) for 1 + f in [sqrt(1/2), sqrt 2). */
static inline float bp_log_series(float f, float n) {
    float z = f * f;
    float p = fmaf(BP_LOG_C8, f, BP_LOG_C7);
    p = fmaf(p, f, BP_LOG_C6);
    p = fmaf(p, f, BP_LOG_C5);
    p = fmaf(p, f, BP_LOG_C4);
    p = fmaf(p, f, BP_LOG_C3);
    p = fmaf(p, f, BP_LOG_C2);
    p = fmaf(p, f, BP_LOG_C1);
    p = fmaf(p, f, BP_LOG_C0);
    float y = fmaf(p * z, f, n * BP_LOG_LN2_LOW);
    y = fmaf(-0.5f, z, y);
    return fmaf(n, BP_LOG_LN2_HIGH, f + y);
}

/* log x for normal x > 0, within 1 ulp. */
static inline float bp_log_scalar(float x) {
    int32_t bits = bp_float_to_bits(x);
    int32_t e = (bits >> 23) - 126;
    float m = bp_bits_to_float((bits & 0x007FFFFF) | 0x3F000000); /* [1/2, 1) */
    if (m < BP_SQRT_HALF) {
        e -= 1;
        m = m + m;
    }
    return bp_log_series(m - 1.0f, (float)e);
}

/* log(1 + e^x) within 2 ulp: max(x, 0) + log(1 + e) with e = e^-|x|. 1 + e is never formed: where
 * it is below sqrt 2 the logarithm's series is taken at f = e, above at f = (e - 1) / 2. */
static inline float bp_softplus_scalar(float x) {
    float e = bp_exp_scalar(-fabsf(x));
    float f = e < BP_SQRT_TWO_LESS_1 ? e : (e - 1.0f) * 0.5f;
    float n = e < BP_SQRT_TWO_LESS_1 ? 0.0f : 1.0f;
    float l = bp_log_series(f, n);
    return x > 0 ? x + l : l;
}

#endif
