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

typedef struct vf_reduced {
    vi n;
    vf r, q;
} vf_reduced;

/* |c| at most 110 */
BP_INLINE vf_reduced vf_reduce_near(vf c) {
    const vf magic = vf_set(BP_ROUND_MAGIC);
    vf n = vf_fma(c, vf_set(BP_LOG2_E), magic) - magic;
    vf r = vf_fma(n, vf_set(-BP_LN2_LOW), vf_fma(n, vf_set(-BP_LN2_HIGH), c));
    vf q = vf_fma(vf_set(BP_EXP_C7), r, vf_set(BP_EXP_C6));
    q = vf_fma(q, r, vf_set(BP_EXP_C5));
    q = vf_fma(q, r, vf_set(BP_EXP_C4));
    q = vf_fma(q, r, vf_set(BP_EXP_C3));
    q = vf_fma(q, r, vf_set(BP_EXP_C2));
    return (vf_reduced){__builtin_convertvector(n, vi), r, q};
}

BP_INLINE vf_reduced vf_reduce(vf x) {
    const vf top = vf_set(BP_EXP_MAX_INPUT), bottom = vf_set(BP_EXP_MIN_INPUT);
    vf c = vf_select(x > top, top, x);
    return vf_reduce_near(vf_select(c < bottom, bottom, c));
}

BP_INLINE vf vf_scale_by(vf a, vi n) {
    vi half = n >> 1;
    return a * vf_power_of_two(half) * vf_power_of_two(n - half);
}

BP_INLINE vf vf_exp(vf x) {
    vf_reduced t = vf_reduce(x);
    vf h = 1.0f + t.r;
    vf e = h + vf_fma(t.q, t.r * t.r, t.r - (h - 1.0f));
    return vf_scale_by(e, t.n);
}

/* x <= 0 */
BP_INLINE vf vf_expm1(vf x) {
    const vf bottom = vf_set(BP_EXPM1_MIN_INPUT);
    vf_reduced t = vf_reduce(vf_select(x < bottom, bottom, x));
    vf scale = vf_power_of_two(t.n);
    return vf_fma(scale, vf_fma(t.q, t.r * t.r, t.r), scale - 1.0f);
}

BP_INLINE vf vf_sigmoid(vf x) {
    vf_reduced t = vf_reduce(-vf_abs(x));
    vf h = 1.0f + t.r, s = vf_fma(t.q, t.r * t.r, t.r - (h - 1.0f)), sum = h + s;
    vf e = vf_scale_by(sum, t.n), lost_e = vf_scale_by(s - (sum - h), t.n);
    vf d = 1.0f + e, lost_d = (e - (d - 1.0f)) + lost_e, y = 1.0f / d;
    vf above = vf_select(x >= 0.0f, vf_set(1.0f), e);
    vf lost_above = vf_select(x >= 0.0f, (vf){0}, lost_e);
    vf quotient = above * y;
    vf rest = vf_fma(-quotient, lost_d, vf_fma(-quotient, d, above) + lost_above);
    return vf_fma(rest, y, quotient);
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

BP_INLINE vf vf_log_series(vf f, vf n) {
    vf z = f * f;
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

/* Normal x > 0 only. */
BP_INLINE vf vf_log(vf x) {
    vi bits = (vi)x, e = (bits >> 23) - 126;
    vf m = (vf)((bits & 0x007FFFFF) | 0x3F000000);
    vi low = m < BP_SQRT_HALF;
    m = vf_select(low, m + m, m);
    return vf_log_series(m - 1.0f, __builtin_convertvector(e + low, vf)); /* true is -1 */
}

BP_INLINE vf vf_softplus_tail(vf x) {
    vf e = vf_exp(-vf_abs(x));
    vi near = e < BP_SQRT_TWO_LESS_1;
    vf f = vf_select(near, e, (e - 1.0f) * 0.5f);
    return vf_log_series(f, vf_select(near, (vf){0}, vf_set(1.0f)));
}

BP_INLINE vf vf_softplus(vf x) {
    vf l = vf_softplus_tail(x);
    return vf_select(x > 0.0f, x + l, l);
}

BP_INLINE vf vf_silu(vf x) {
    const vf bottom = vf_set(BP_SILU_MIN_INPUT);
    vf low = vf_select(x < bottom, bottom, x), minus = -vf_abs(low);
    vf_reduced t = vf_reduce_near(vf_select(minus < bottom, bottom, minus));
    vi far = t.n < BP_SILU_FAR_POWER, n = (far & BP_SILU_FAR_POWER) | (~far & t.n);
    vf h = 1.0f + t.r, s = vf_fma(t.q, t.r * t.r, t.r - (h - 1.0f)), sum = h + s;
    vf near = vf_power_of_two(n), e = sum * near, lost_e = (s - (sum - h)) * near;
    vf d = 1.0f + e, lost_d = (e - (d - 1.0f)) + lost_e, y = 1.0f / d;
    vf above = vf_select(x >= 0.0f, vf_set(1.0f), e);
    vf lost_above = vf_select(x >= 0.0f, (vf){0}, lost_e);
    vf quotient = above * y;
    vf rest = vf_fma(-quotient, lost_d, vf_fma(-quotient, d, above) + lost_above) * y;
    vf product = low * quotient;
    vf whole = product + vf_fma(low, rest, vf_fma(low, quotient, -product));
    whole = vf_select(x >= 0.0f, whole, whole * vf_power_of_two(t.n - n));
    return vf_select(x > -bottom, x, whole);
}

BP_INLINE vf vf_silu_slope(vf x) {
    const vf bottom = vf_set(BP_SILU_MIN_INPUT);
    vf low = vf_select(x < bottom, bottom, x), near = vf_select(low > -bottom, -bottom, low);
    vf p = vf_sigmoid(near);
    return vf_fma(near * p, 1.0f - p, p);
}

typedef struct vf_normal_tail {
    vf a;
    vi n;
    vf density, tail, lost;
} vf_normal_tail;

BP_INLINE vf vf_tail_series(vf w) {
    vf p = vf_fma(vf_set(BP_TAIL_C9), w, vf_set(BP_TAIL_C8));
    p = vf_fma(p, w, vf_set(BP_TAIL_C7));
    p = vf_fma(p, w, vf_set(BP_TAIL_C6));
    p = vf_fma(p, w, vf_set(BP_TAIL_C5));
    p = vf_fma(p, w, vf_set(BP_TAIL_C4));
    p = vf_fma(p, w, vf_set(BP_TAIL_C3));
    p = vf_fma(p, w, vf_set(BP_TAIL_C2));
    return p * w;
}

BP_INLINE vf_normal_tail vf_normal_tail_of(vf x) {
    const vf top = vf_set(BP_GELU_MAX_TAIL), one = vf_set(1.0f);
    vf a = vf_abs(x);
    a = vf_select(a > top, top, a);
    vf square = a * a, lost_square = vf_fma(a, a, -square);
    vf_reduced r = vf_reduce(-0.5f * square);
    vf h = 1.0f + r.r, s = vf_fma(r.q, r.r * r.r, r.r - (h - 1.0f)), e = h + s;
    vf lost_e = vf_fma(-0.5f * lost_square, e, s - (e - h));
    vf quarter = a * 0.25f, d = 1.0f + quarter, y = 1.0f / d;
    vf more = d - 1.0f, lost_d = (1.0f - (d - more)) + (quarter - more);
    vf w = vf_fma(vf_fma(-d, y, one) - lost_d * y, y, y - BP_TAIL_CENTRE);
    vf v = vf_tail_series(w), slope = BP_TAIL_C1 + v, u = slope * w, g = BP_TAIL_C0 + u;
    vf lost_u = vf_fma(slope, w, -u) + vf_fma((BP_TAIL_C1 - slope) + v, w, vf_set(BP_TAIL_C0_LOW));
    vf lost_g = ((BP_TAIL_C0 - g) + u) + lost_u;
    vf above = e * g, lost_above = vf_fma(e, g, -above) + vf_fma(e, lost_g, lost_e * g);
    vf tail = above * y;
    vf rest = vf_fma(-tail, lost_d, vf_fma(-tail, d, above) + lost_above);
    return (vf_normal_tail){a, r.n, e, tail, rest * y};
}

BP_INLINE vf vf_gelu(vf x) {
    vf_normal_tail q = vf_normal_tail_of(x);
    vf product = q.a * q.tail;
    vf lost = vf_fma(q.a, q.lost, vf_fma(q.a, q.tail, -product));
    return vf_select(x > 0.0f, x, (vf){0}) - vf_scale_by(product + lost, q.n);
}

BP_INLINE vf vf_gelu_slope(vf x) {
    vf_normal_tail q = vf_normal_tail_of(x);
    vf tail = vf_scale_by(q.tail, q.n);
    vf bell = q.a * vf_scale_by(q.density, q.n) * BP_ROOT_OF_TAU_BELOW_1;
    return vf_select(x > 0.0f, (1.0f - tail) + bell, tail - bell);
}

#endif
