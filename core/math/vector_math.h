/* The element-wise functions on vectors: scalar_math.h, operation by operation, with selections in
 * the place of branches. */
#ifndef BP_VECTOR_MATH_H
#define BP_VECTOR_MATH_H

#include "element_constants.h"
#include "vec.h"

BP_INLINE vf vf_abs(vf x) {
    return (vf)((vi)x & 0x7FFFFFFF);
}

BP_INLINE vf vf_power_of_two(vi n) {
    return (vf)((n + 127) << 23);
}

BP_INLINE vf vf_exp(vf x) {
    const vf magic = vf_set(BP_ROUND_MAGIC), top = vf_set(BP_EXP_MAX_INPUT),
             bottom = vf_set(BP_EXP_MIN_INPUT);
    vf c = vf_select(x > top, top, x);
    c = vf_select(c < bottom, bottom, c);
    vf n = vf_fma(c, vf_set(BP_LOG2_E), magic) - magic;
    vf r = vf_fma(n, vf_set(-BP_LN2_LOW), vf_fma(n, vf_set(-BP_LN2_HIGH), c));
    vf q = vf_fma(vf_set(BP_EXP_C7), r, vf_set(BP_EXP_C6));
    q = vf_fma(q, r, vf_set(BP_EXP_C5));
    q = vf_fma(q, r, vf_set(BP_EXP_C4));
    q = vf_fma(q, r, vf_set(BP_EXP_C3));
    q = vf_fma(q, r, vf_set(BP_EXP_C2));
    vf h = 1.0f + r;
    vf e = h + vf_fma(q, r * r, r - (h - 1.0f));
    vi whole = __builtin_convertvector(n, vi), half = whole >> 1;
    return e * vf_power_of_two(half) * vf_power_of_two(whole - half);
}

BP_INLINE vf vf_sigmoid(vf x) {
    vf e = vf_exp(-vf_abs(x));
    return vf_select(x >= 0.0f, vf_set(1.0f), e) / (1.0f + e);
}

BP_INLINE vf vf_tanh(vf x) {
    vf a = vf_abs(x), z = x * x;
    vf p = vf_fma(vf_set(BP_TANH_C4), z, vf_set(BP_TANH_C3));
    p = vf_fma(p, z, vf_set(BP_TANH_C2));
    p = vf_fma(p, z, vf_set(BP_TANH_C1));
    p = vf_fma(p, z, vf_set(BP_TANH_C0));
    vf small = vf_fma(p * z, x, x);
    vf t = 1.0f - 2.0f / (vf_exp(a + a) + 1.0f);
    vf large = (vf)((vi)t | ((vi)x & INT32_MIN));
    return vf_select(a < BP_TANH_SMALL, small, large);
}

/* Normal x > 0 only. */
BP_INLINE vf vf_log(vf x) {
    vi bits = (vi)x, e = (bits >> 23) - 126;
    vf m = (vf)((bits & 0x007FFFFF) | 0x3F000000);
    vi low = m < BP_SQRT_HALF;
    e += low; /* a true lane is -1 */
    m = vf_select(low, m + m, m);
    vf f = m - 1.0f, z = f * f, n = __builtin_convertvector(e, vf);
    vf p = vf_fma(vf_set(BP_LOG_C8), f, vf_set(BP_LOG_C7));
    p = vf_fma(p, f, vf_set(BP_LOG_C6));
    p = vf_fma(p, f, vf_set(BP_LOG_C5));
    p = vf_fma(p, f, vf_set(BP_LOG_C4));
    p = vf_fma(p, f, vf_set(BP_LOG_C3));
    p = vf_fma(p, f, vf_set(BP_LOG_C2));
    p = vf_fma(p, f, vf_set(BP_LOG_C1));
    p = vf_fma(p, f, vf_set(BP_LOG_C0));
    vf y = vf_fma(p * z, f, n * BP_LOG_LN2_LOW);
    y = vf_fma(vf_set(-0.5f), z, y);
    return vf_fma(n, vf_set(BP_LOG_LN2_HIGH), f + y);
}

#endif
