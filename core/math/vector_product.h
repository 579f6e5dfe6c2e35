/* The matrix product of kernels.h on vectors.
 *
 * A tile of MR rows by NV vectors of C stays in registers while k runs; a lane holds one element,
 * so its chain of fma is the definition's whatever the tile. Between blocks of DEPTH_BLOCK values
 * of k the tile rests in C as float32, which changes nothing: a register holds the same 32 bits.
 * Columns past the last whole vector are loaded and stored under a mask. */
#ifndef BP_VECTOR_PRODUCT_H
#define BP_VECTOR_PRODUCT_H

#include "kernels.h"
#include "vec.h"

enum { DEPTH_BLOCK = 256, PANEL = VL * NV, PACK_FROM_ROWS = 24 };

/* One tile: `rows` x `vectors`, constants where it is inlined; the last vector has `lanes` lanes.
 */
typedef struct tile {
    size_t depth, lanes;
    const float *a;
    size_t a_row, a_column;
    const float *b;
    size_t b_row;
    float *c;
    size_t c_row;
    const float *bias; /* of this tile's columns */
    bp_start start;
} tile;

BP_INLINE void load_tile(vf *sum, const int rows, const int vectors, const tile *t,
                         const size_t lanes) {
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            const size_t n = j + 1 == vectors ? lanes : VL;
            const float *from = t->start == BP_START_BIAS ? t->bias : t->c + (size_t)i * t->c_row;
            sum[i * vectors + j] =
                t->start == BP_START_ZERO ? (vf){0} : vf_load_lanes(from + (size_t)j * VL, n);
        }
    }
}

BP_INLINE void store_tile(const vf *sum, const int rows, const int vectors, const tile *t,
                          const size_t lanes) {
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            const size_t n = j + 1 == vectors ? lanes : VL;
            vf_store_lanes(t->c + (size_t)i * t->c_row + (size_t)j * VL, sum[i * vectors + j], n);
        }
    }
}

BP_INLINE void run_tile(const int rows, const int vectors, const tile *t, const size_t lanes) {
    vf sum[MR * NV];
    load_tile(sum, rows, vectors, t, lanes);
    const float *a = t->a, *b = t->b;
    for (size_t k = 0; k < t->depth; k++) {
        vf row[NV];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            row[j] = vf_load_lanes(b + (size_t)j * VL, j + 1 == vectors ? lanes : VL);
        }
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            const vf factor = vf_set(a[(size_t)i * t->a_row]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++) {
                sum[i * vectors + j] = vf_fma(factor, row[j], sum[i * vectors + j]);
            }
        }
        a += t->a_column;
        b += t->b_row;
    }
    store_tile(sum, rows, vectors, t, lanes);
}

/* A function for each tile height and width, whole and with a masked last vector. */
typedef void (*tile_function)(const tile *t);
#define TILE(rows, vectors)                                                                        \
    static void tile_##rows##_##vectors(const tile *t) {                                           \
        if (t->lanes == VL) {                                                                      \
            run_tile(rows, vectors, t, VL);                                                        \
        } else {                                                                                   \
            run_tile(rows, vectors, t, t->lanes);                                                  \
        }                                                                                          \
    }
#define EACH_HEIGHT(F, vectors)                                                                    \
    F(1, vectors) F(2, vectors) F(3, vectors) F(4, vectors) EACH_HEIGHT_ABOVE_4(F, vectors)
#if defined(BP_ISA_AVX512)
#define EACH_HEIGHT_ABOVE_4(F, vectors) F(5, vectors) F(6, vectors) F(7, vectors) F(8, vectors)
#elif defined(BP_ISA_AVX2) || defined(BP_ISA_NEON)
#define EACH_HEIGHT_ABOVE_4(F, vectors) F(5, vectors) F(6, vectors)
#else
#define EACH_HEIGHT_ABOVE_4(F, vectors)
#endif

#define ENTRY(rows, vectors) [(rows)-1] = tile_##rows##_##vectors,
EACH_HEIGHT(TILE, 1)
#if defined(BP_ISA_AVX512) || defined(BP_ISA_AVX2)
EACH_HEIGHT(TILE, 2)
static const tile_function tiles[NV][MR] = {{EACH_HEIGHT(ENTRY, 1)}, {EACH_HEIGHT(ENTRY, 2)}};
#elif defined(BP_ISA_NEON)
EACH_HEIGHT(TILE, 2)
EACH_HEIGHT(TILE, 3)
EACH_HEIGHT(TILE, 4)
static const tile_function tiles[NV][MR] = {{EACH_HEIGHT(ENTRY, 1)},
                                            {EACH_HEIGHT(ENTRY, 2)},
                                            {EACH_HEIGHT(ENTRY, 3)},
                                            {EACH_HEIGHT(ENTRY, 4)}};
#else
static const tile_function tiles[NV][MR] = {{EACH_HEIGHT(ENTRY, 1)}};
#endif

/* Copies columns [0, width) of `depth` rows of B to `pack`, rows of PANEL floats, zeros behind. */
BP_INLINE void pack_panel(const float *b, size_t b_row, size_t depth, size_t width, float *pack) {
    for (size_t k = 0; k < depth; k++) {
        for (size_t j = 0; j < width; j += VL) {
            size_t lanes = width - j < VL ? width - j : VL;
            vf_store(pack + k * PANEL + j, vf_load_lanes(b + k * b_row + j, lanes));
        }
    }
}

/* All rows of one panel of C, for one block of k. */
static void run_panel(tile t, size_t m, size_t vectors) {
    const float *a = t.a;
    float *c = t.c;
    for (size_t i = 0; i < m; i += MR) {
        size_t rows = m - i < MR ? m - i : MR;
        t.a = a + i * t.a_row;
        t.c = c + i * t.c_row;
        tiles[vectors - 1][rows - 1](&t);
    }
}

static void vector_product(const bp_product *p) {
    float pack[DEPTH_BLOCK * PANEL] __attribute__((aligned(64)));
    const bool packs = p->m >= PACK_FROM_ROWS && p->b_row > PANEL;
    for (size_t j = 0; j < p->n; j += PANEL) {
        const size_t width = p->n - j < PANEL ? p->n - j : PANEL;
        const size_t vectors = (width + VL - 1) / VL;
        size_t k = 0;
        do { /* once even for depth 0: C = start */
            const size_t depth = p->depth - k < DEPTH_BLOCK ? p->depth - k : DEPTH_BLOCK;
            tile t = {.depth = depth,
                      .lanes = width - (vectors - 1) * VL,
                      .a = p->a + k * p->a_column,
                      .a_row = p->a_row,
                      .a_column = p->a_column,
                      .b = p->b + k * p->b_row + j,
                      .b_row = p->b_row,
                      .c = p->c + j,
                      .c_row = p->c_row,
                      .bias = p->start == BP_START_BIAS ? p->bias + j : NULL,
                      .start = k == 0 ? p->start : BP_START_C};
            if (packs) {
                pack_panel(t.b, p->b_row, depth, width, pack);
                t.b = pack;
                t.b_row = PANEL;
            }
            run_panel(t, p->m, vectors);
            k += depth;
        } while (k < p->depth);
    }
}

#endif
