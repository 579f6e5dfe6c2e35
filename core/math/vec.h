/* A vector of VL float32 lanes, for each instruction set the same few operations. The arithmetic
 * operators come from the compilers' vector extension; what it lacks (fma, square root, part of a
 * vector to and from memory) is spelled here. A source that includes this is compiled once for each
 * instruction set, with BP_ISA_AVX512, BP_ISA_AVX2, BP_ISA_NEON or BP_ISA_PLAIN defined. */
#ifndef BP_VEC_H
#define BP_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(BP_ISA_AVX512)
enum { VL = 16 };
#elif defined(BP_ISA_AVX2)
enum { VL = 8 };
#else
enum { VL = 4 };
#endif

#define BP_VEC_BYTES (sizeof(float) * VL)
typedef float vf __attribute__((vector_size(sizeof(float) * VL)));
typedef int32_t vi __attribute__((vector_size(sizeof(float) * VL)));
typedef uint32_t vu __attribute__((vector_size(sizeof(float) * VL)));
typedef uint64_t vq __attribute__((vector_size(sizeof(float) * VL))); /* VL / 2 lanes */

/* vq_multiply_low: the product of the lower halves of each lane. */

#define BP_INLINE static inline __attribute__((always_inline))

#if defined(BP_ISA_AVX512)
#include <immintrin.h>
BP_INLINE vf vf_fma(vf a, vf b, vf c) {
    return _mm512_fmadd_ps(a, b, c);
}
BP_INLINE vf vf_sqrt(vf a) {
    return _mm512_sqrt_ps(a);
}
BP_INLINE vq vq_multiply_low(vq a, vq b) {
    return (vq)_mm512_mul_epu32((__m512i)a, (__m512i)b);
}
BP_INLINE vf vf_load_part(const float *from, size_t lanes) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << lanes) - 1), from);
}
BP_INLINE void vf_store_part(float *to, vf value, size_t lanes) {
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << lanes) - 1), value);
}
BP_INLINE vf vf_pick(vf low, vf high, vi lane) {
    return _mm512_permutex2var_ps(low, (__m512i)lane, high);
}
#elif defined(BP_ISA_AVX2)
#include <immintrin.h>
BP_INLINE vf vf_fma(vf a, vf b, vf c) {
    return _mm256_fmadd_ps(a, b, c);
}
BP_INLINE vf vf_sqrt(vf a) {
    return _mm256_sqrt_ps(a);
}
BP_INLINE vq vq_multiply_low(vq a, vq b) {
    return (vq)_mm256_mul_epu32((__m256i)a, (__m256i)b);
}
BP_INLINE __m256i first_lanes(size_t lanes) {
    const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return (__m256i)(lane < (int32_t)lanes);
}
BP_INLINE vf vf_load_part(const float *from, size_t lanes) {
    return _mm256_maskload_ps(from, first_lanes(lanes));
}
BP_INLINE void vf_store_part(float *to, vf value, size_t lanes) {
    _mm256_maskstore_ps(to, first_lanes(lanes), value);
}
#else
#if defined(BP_ISA_NEON)
#include <arm_neon.h>
BP_INLINE vf vf_fma(vf a, vf b, vf c) {
    return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
BP_INLINE vf vf_sqrt(vf a) {
    return (vf)vsqrtq_f32((float32x4_t)a);
}
BP_INLINE vq vq_multiply_low(vq a, vq b) {
    return (vq)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
}
#else
BP_INLINE vf vf_fma(vf a, vf b, vf c) {
    vf r;
    for (int i = 0; i < VL; i++) {
        r[i] = __builtin_fmaf(a[i], b[i], c[i]);
    }
    return r;
}
BP_INLINE vf vf_sqrt(vf a) {
    vf r;
    for (int i = 0; i < VL; i++) {
        r[i] = __builtin_sqrtf(a[i]);
    }
    return r;
}
#if defined(__SSE2__)
#include <emmintrin.h>
BP_INLINE vq vq_multiply_low(vq a, vq b) {
    return (vq)_mm_mul_epu32((__m128i)a, (__m128i)b);
}
#else
BP_INLINE vq vq_multiply_low(vq a, vq b) {
    return (a & UINT32_MAX) * (b & UINT32_MAX);
}
#endif
#endif
BP_INLINE vf vf_load_part(const float *from, size_t lanes) {
    vf r = {0};
    memcpy(&r, from, lanes * sizeof(float));
    return r;
}
BP_INLINE void vf_store_part(float *to, vf value, size_t lanes) {
    memcpy(to, &value, lanes * sizeof(float));
}
#endif

#if !defined(BP_ISA_AVX512)
/* Lane i is lane[i] modulo 2 VL of the 2 VL lanes of `low` and `high`. */
BP_INLINE vf vf_pick(vf low, vf high, vi lane) {
    float from[2 * VL], r[VL];
    memcpy(from, &low, sizeof low);
    memcpy(from + VL, &high, sizeof high);
    for (size_t i = 0; i < VL; i++) {
        r[i] = from[(size_t)lane[i] % (2 * VL)];
    }
    memcpy(&low, r, sizeof low);
    return low;
}
#endif
/* 0, 1, 2, ... */
BP_INLINE vi vi_lanes(void) {
    vi lanes = {0};
#pragma GCC unroll 16
    for (int32_t i = 0; i < VL; i++) {
        lanes[i] = i;
    }
    return lanes;
}
BP_INLINE vf vf_load(const float *from) {
    vf r;
    memcpy(&r, from, sizeof r);
    return r;
}
BP_INLINE void vf_store(float *to, vf value) {
    memcpy(to, &value, sizeof value);
}
BP_INLINE vf vf_set(float value) {
    return value - (vf){0}; /* x - 0 is x for every x, -0 included */
}
BP_INLINE vf vf_select(vi mask, vf yes, vf no) {
    return (vf)(((vi)yes & mask) | ((vi)no & ~mask));
}
BP_INLINE vf vf_max(vf a, vf b) {
    return vf_select(a > b, a, b);
}
/* All VL lanes where lanes is VL, else the first `lanes`; the others read as 0. */
BP_INLINE vf vf_load_lanes(const float *from, size_t lanes) {
    return lanes == VL ? vf_load(from) : vf_load_part(from, lanes);
}
/* The first `lanes` from memory, the others from `rest`. */
BP_INLINE vf vf_load_or(const float *from, size_t lanes, vf rest) {
    memcpy(&rest, from, lanes * sizeof *from);
    return rest;
}
BP_INLINE void vf_store_lanes(float *to, vf value, size_t lanes) {
    if (lanes == VL) {
        vf_store(to, value);
    } else {
        vf_store_part(to, value, lanes);
    }
}

/* --- transposition -------------------------------------------------------------------------- */

/* Eklundh's exchange of off-diagonal blocks of d lanes between rows i and i + d (Eklundh, "A fast
 * computer method for matrix transposing", IEEE Trans. Computers C-21, 1972). */
#define BP_UPPER(c, d) ((c) & (d) ? VL + ((c) ^ (d)) : (c))
#define BP_LOWER(c, d) ((c) & (d) ? VL + (c) : ((c) ^ (d)))
#define BP_LANES_4(F, d, c) F(c, d), F(c + 1, d), F(c + 2, d), F(c + 3, d)
#if defined(BP_ISA_AVX512)
#define BP_LANES(F, d)                                                                             \
    BP_LANES_4(F, d, 0), BP_LANES_4(F, d, 4), BP_LANES_4(F, d, 8), BP_LANES_4(F, d, 12)
#elif defined(BP_ISA_AVX2)
#define BP_LANES(F, d) BP_LANES_4(F, d, 0), BP_LANES_4(F, d, 4)
#else
#define BP_LANES(F, d) BP_LANES_4(F, d, 0)
#endif
#define BP_EXCHANGE(row, d)                                                                        \
    for (int i = 0; i < VL; i++) {                                                                 \
        if ((i & (d)) == 0) {                                                                      \
            vf upper = row[i], lower = row[i + (d)];                                               \
            row[i] = __builtin_shufflevector(upper, lower, BP_LANES(BP_UPPER, d));                 \
            row[i + (d)] = __builtin_shufflevector(upper, lower, BP_LANES(BP_LOWER, d));           \
        }                                                                                          \
    }

/* row[i][j] <-> row[j][i] */
BP_INLINE void vf_transpose(vf row[VL]) {
#if defined(BP_ISA_AVX512)
    _Pragma("GCC unroll 16") BP_EXCHANGE(row, 8)
#endif
#if defined(BP_ISA_AVX512) || defined(BP_ISA_AVX2)
        _Pragma("GCC unroll 16") BP_EXCHANGE(row, 4)
#endif
            _Pragma("GCC unroll 16") BP_EXCHANGE(row, 2) _Pragma("GCC unroll 16")
                BP_EXCHANGE(row, 1)
}

#endif
