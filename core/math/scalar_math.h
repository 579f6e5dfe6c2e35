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

/* |x| at most 110 */
static inline bp_reduced bp_reduce_near(float c) {
    float n = fmaf(c, BP_LOG2_E, BP_ROUND_MAGIC) - BP_ROUND_MAGIC;
    float r = fmaf(n, -BP_LN2_LOW, fmaf(n, -BP_LN2_HIGH, c));
    float q = fmaf(BP_EXP_C7, r, BP_EXP_C6);
    q = fmaf(q, r, BP_EXP_C5);
    q = fmaf(q, r, BP_EXP_C4);
    q = fmaf(q, r, BP_EXP_C3);
    q = fmaf(q, r, BP_EXP_C2);
    return (bp_reduced){(int32_t)n, r, q};
}

static inline bp_reduced bp_reduce(float x) {
    float c = x > BP_EXP_MAX_INPUT ? BP_EXP_MAX_INPUT : x;
    return bp_reduce_near(c < BP_EXP_MIN_INPUT ? BP_EXP_MIN_INPUT : c);
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

/* log(1 + e) with e = e^-|x|. 1 + e is never formed: where it is below sqrt 2 the logarithm's
 * series is taken at f = e, above at f = (e - 1) / 2. */
static inline float bp_softplus_tail_scalar(float x) {
    float e = bp_exp_scalar(-fabsf(x));
    float f = e < BP_SQRT_TWO_LESS_1 ? e : (e - 1.0f) * 0.5f;
    float n = e < BP_SQRT_TWO_LESS_1 ? 0.0f : 1.0f;
    return bp_log_series(f, n);
}

/* log(1 + e^x) within 2 ulp: max(x, 0) + log(1 + e^-|x|). */
static inline float bp_softplus_scalar(float x) {
    float l = bp_softplus_tail_scalar(x);
    return x > 0 ? x + l : l;
}

/* x / (1 + e^-x) within 2 ulp. For x < 0 it is x e / (1 + e) with e = 2^n e^r: what n has below
 * BP_SILU_FAR_POWER is left to the end, where e would lose digits as a subnormal number. Beyond
 * -BP_SILU_MIN_INPUT it is x, infinity too, which has nothing to be subtracted from. */
static inline float bp_silu_scalar(float x) {
    float low = x < BP_SILU_MIN_INPUT ? BP_SILU_MIN_INPUT : x;
    float a = fabsf(low), c = a > -BP_SILU_MIN_INPUT ? BP_SILU_MIN_INPUT : -a;
    bp_reduced t = bp_reduce_near(c);
    int32_t n = t.n < BP_SILU_FAR_POWER ? BP_SILU_FAR_POWER : t.n;
    float h = 1.0f + t.r, s = fmaf(t.q, t.r * t.r, t.r - (h - 1.0f)), sum = h + s;
    float near = bp_power_of_two(n), e = sum * near, lost_e = (s - (sum - h)) * near;
    float d = 1.0f + e, lost_d = (e - (d - 1.0f)) + lost_e, y = 1.0f / d;
    float above = x >= 0 ? 1.0f : e, lost_above = x >= 0 ? 0.0f : lost_e;
    float quotient = above * y;
    float rest = fmaf(-quotient, lost_d, fmaf(-quotient, d, above) + lost_above) * y;
    float product = low * quotient;
    float lost = fmaf(low, rest, fmaf(low, quotient, -product));
    float whole = x >= 0 ? product + lost : (product + lost) * bp_power_of_two(t.n - n);
    return x > -BP_SILU_MIN_INPUT ? x : whole;
}

/* p + x p (1 - p), p = 1 / (1 + e^-x): the slope of silu. Where p is 0 or 1 a nearer x gives the
 * same, and no infinity meets a 0. */
static inline float bp_silu_slope_scalar(float x) {
    float low = x < BP_SILU_MIN_INPUT ? BP_SILU_MIN_INPUT : x;
    float near = low > -BP_SILU_MIN_INPUT ? -BP_SILU_MIN_INPUT : low;
    float p = bp_sigmoid_scalar(near);
    return fmaf(near * p, 1.0f - p, p);
}

/* The normal distribution beyond a = min(|x|, BP_GELU_MAX_TAIL): e^(-a^2/2) = 2^n density and
 * Q(a) = 2^n (tail + lost). */
typedef struct bp_normal_tail {
    float a;
    int32_t n;
    float density, tail, lost;
} bp_normal_tail;

/* The polynomial of element_constants.h: G = C0 + w (C1 + this), w = t - BP_TAIL_CENTRE. */
static inline float bp_tail_series(float w) {
    float p = fmaf(BP_TAIL_C9, w, BP_TAIL_C8);
    p = fmaf(p, w, BP_TAIL_C7);
    p = fmaf(p, w, BP_TAIL_C6);
    p = fmaf(p, w, BP_TAIL_C5);
    p = fmaf(p, w, BP_TAIL_C4);
    p = fmaf(p, w, BP_TAIL_C3);
    p = fmaf(p, w, BP_TAIL_C2);
    return p * w;
}

static inline bp_normal_tail bp_normal_tail_of(float x) {
    float a = fabsf(x);
    a = a > BP_GELU_MAX_TAIL ? BP_GELU_MAX_TAIL : a;
    float square = a * a, lost_square = fmaf(a, a, -square);
    bp_reduced r = bp_reduce(-0.5f * square);
    float h = 1.0f + r.r, s = fmaf(r.q, r.r * r.r, r.r - (h - 1.0f)), e = h + s;
    float lost_e = fmaf(-0.5f * lost_square, e, s - (e - h));
    float quarter = a * 0.25f, d = 1.0f + quarter, y = 1.0f / d;
    float more = d - 1.0f, lost_d = (1.0f - (d - more)) + (quarter - more);
    float w = fmaf(fmaf(-d, y, 1.0f) - lost_d * y, y, y - BP_TAIL_CENTRE);
    float v = bp_tail_series(w), slope = BP_TAIL_C1 + v, u = slope * w, g = BP_TAIL_C0 + u;
    float lost_u = fmaf(slope, w, -u) + fmaf((BP_TAIL_C1 - slope) + v, w, BP_TAIL_C0_LOW);
    float lost_g = ((BP_TAIL_C0 - g) + u) + lost_u;
    float above = e * g, lost_above = fmaf(e, g, -above) + fmaf(e, lost_g, lost_e * g);
    float tail = above * y;
    float rest = fmaf(-tail, lost_d, fmaf(-tail, d, above) + lost_above);
    return (bp_normal_tail){a, r.n, e, tail, rest * y};
}

/* x Phi(x) within 2 ulp, Phi the normal distribution: max(x, 0) - a Q(a). */
static inline float bp_gelu_scalar(float x) {
    bp_normal_tail q = bp_normal_tail_of(x);
    float product = q.a * q.tail;
    float lost = fmaf(q.a, q.lost, fmaf(q.a, q.tail, -product));
    return (x > 0 ? x : 0.0f) - bp_scale_by(product + lost, q.n);
}

/* Phi(x) + x phi(x), the slope of gelu. */
static inline float bp_gelu_slope_scalar(float x) {
    bp_normal_tail q = bp_normal_tail_of(x);
    float tail = bp_scale_by(q.tail, q.n);
    float bell = q.a * bp_scale_by(q.density, q.n) * BP_ROOT_OF_TAU_BELOW_1;
    return x > 0 ? (1.0f - tail) + bell : tail - bell;
}

static inline float bp_cubic(float c3, float c2, float c1, float c0, float r) {
    return fmaf(fmaf(fmaf(c3, r, c2), r, c1), r, c0);
}

/* The quantile of the standard normal distribution at p in (0, 1): Wichura, algorithm AS 241
 * (PPND7), Applied Statistics 37 (1988), about 7 figures. */
static inline float bp_normal_quantile(float p) {
    float q = p - 0.5f;
    if (fabsf(q) <= BP_QUANTILE_CENTRAL) {
        float r = BP_QUANTILE_CENTRAL_SQUARE - q * q;
        return q * (bp_cubic(BP_QUANTILE_A, r) / bp_cubic(BP_QUANTILE_B, r));
    }
    float r = sqrtf(-bp_log_scalar(q < 0 ? p : 1.0f - p));
    float near = bp_cubic(BP_QUANTILE_C, r - 1.6f) / bp_cubic(BP_QUANTILE_D, r - 1.6f);
    float far = bp_cubic(BP_QUANTILE_E, r - 5.0f) / bp_cubic(BP_QUANTILE_F, r - 5.0f);
    float tail = r <= 5.0f ? near : far;
    return q < 0 ? -tail : tail;
}

/* A normal number of a random word; the half keeps the argument inside (0, 1). */
static inline float bp_normal_of_word(uint32_t word) {
    return bp_normal_quantile(((float)(word >> 9) + 0.5f) * 0x1p-23f);
}

#endif
