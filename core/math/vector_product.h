/* The matrix product of kernels.h on vectors.
 *
 * A tile of a few rows by NV vectors of C stays in registers while k runs; a lane holds one
 * element, so its chain of fma is the definition's whatever the tile. Between blocks of DEPTH_BLOCK
 * values of k the tile rests in C as float32, which changes nothing: a register holds the same 32
 * bits. Columns past the last whole vector are loaded and stored under a mask.
 *
 * A product of few columns would leave most lanes idle. It is computed turned, C^T = B^T A^T: a
 * chain is the same chain wherever its element lies. */
#ifndef BP_VECTOR_PRODUCT_H
#define BP_VECTOR_PRODUCT_H

#include <stdbool.h>

#include "kernels.h"
#include "vector_transpose.h"

/* --- tiles ---------------------------------------------------------------------------------- */

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

/* Tile heights by width: as many sums as the registers hold beside a row of B and one factor, and
 * at least 8 where possible, since a fma takes 4 cycles and two start in each. */
#define HEIGHTS_4(F, v) F(1, v) F(2, v) F(3, v) F(4, v)
#define HEIGHTS_6(F, v) HEIGHTS_4(F, v) F(5, v) F(6, v)
#define HEIGHTS_8(F, v) HEIGHTS_6(F, v) F(7, v) F(8, v)
#define HEIGHTS_12(F, v) HEIGHTS_8(F, v) F(9, v) F(10, v) F(11, v) F(12, v)
#if defined(BP_ISA_AVX512) || defined(BP_ISA_NEON) /* 32 registers */
enum { NV = 4, MOST_ROWS = 12 };
#define EACH_WIDTH(G) G(HEIGHTS_12, 1) G(HEIGHTS_12, 2) G(HEIGHTS_8, 3) G(HEIGHTS_6, 4)
static const size_t tile_rows[NV] = {12, 12, 8, 6};
#elif defined(BP_ISA_AVX2) /* 16 registers */
enum { NV = 2, MOST_ROWS = 12 };
#define EACH_WIDTH(G) G(HEIGHTS_12, 1) G(HEIGHTS_6, 2)
static const size_t tile_rows[NV] = {12, 6};
#else
enum { NV = 1, MOST_ROWS = 4 };
#define EACH_WIDTH(G) G(HEIGHTS_4, 1)
static const size_t tile_rows[NV] = {4};
#endif

enum {
    PANEL = VL * NV,
    DEPTH_BLOCK = 128,       /* a packed panel of AVX-512 fills 32 KiB of the first cache */
    PACK_FROM_ROWS = 24,     /* fewer rows do not pay for the copy */
    PACK_FROM_FLOATS = 8192, /* a smaller B lies in the first cache as it is */
    PREFETCH_ROWS = 8,       /* of B ahead of the copy: its rows may be a page apart */
    TURN_ROWS = 4 * VL       /* of a turned product at a time */
};

BP_INLINE void load_tile(vf *sum, const int rows, const int vectors, const tile *t,
                         const size_t lanes) {
#pragma GCC unroll 12
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
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            const size_t n = j + 1 == vectors ? lanes : VL;
            vf_store_lanes(t->c + (size_t)i * t->c_row + (size_t)j * VL, sum[i * vectors + j], n);
        }
    }
}

BP_INLINE void run_tile(const int rows, const int vectors, const tile *t, const size_t lanes) {
    vf sum[MOST_ROWS * NV];
    load_tile(sum, rows, vectors, t, lanes);
    const float *a = t->a, *b = t->b;
    for (size_t k = 0; k < t->depth; k++) {
        vf row[NV];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            row[j] = vf_load_lanes(b + (size_t)j * VL, j + 1 == vectors ? lanes : VL);
        }
#pragma GCC unroll 12
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

/* A function for each height and width, whole and with a masked last vector. */
typedef void (*tile_function)(const tile *t);
#define TILE(rows, vectors)                                                                        \
    static void tile_##rows##_##vectors(const tile *t) {                                           \
        if (t->lanes == VL) {                                                                      \
            run_tile(rows, vectors, t, VL);                                                        \
        } else {                                                                                   \
            run_tile(rows, vectors, t, t->lanes);                                                  \
        }                                                                                          \
    }
#define TILES_OF(heights, vectors) heights(TILE, vectors)
#define ENTRY(rows, vectors) [vectors - 1][rows - 1] = tile_##rows##_##vectors,
#define ENTRIES_OF(heights, vectors) heights(ENTRY, vectors)
EACH_WIDTH(TILES_OF)
static const tile_function tiles[NV][MOST_ROWS] = {EACH_WIDTH(ENTRIES_OF)};

/* --- panels --------------------------------------------------------------------------------- */

/* Copies columns [0, width) of `depth` rows of B to `pack`, rows of PANEL floats, zeros behind. */
BP_INLINE void pack_panel(const float *b, size_t b_row, size_t depth, size_t width, float *pack) {
    for (size_t k = 0; k < depth; k++) {
        const float *row = b + k * b_row;
        for (size_t j = 0; j < width; j += VL) {
            size_t lanes = width - j < VL ? width - j : VL;
            __builtin_prefetch(row + PREFETCH_ROWS * b_row + j);
            vf_store(pack + k * PANEL + j, vf_load_lanes(row + j, lanes));
        }
    }
}

/* All rows of one panel of C, for one block of k. */
static void run_panel(tile t, size_t m, size_t vectors) {
    const float *a = t.a;
    float *c = t.c;
    const size_t height = tile_rows[vectors - 1];
    for (size_t i = 0; i < m; i += height) {
        size_t rows = m - i < height ? m - i : height;
        t.a = a + i * t.a_row;
        t.c = c + i * t.c_row;
        tiles[vectors - 1][rows - 1](&t);
    }
}

static void plain_product(const bp_product *p) {
    float pack[DEPTH_BLOCK * PANEL] __attribute__((aligned(64)));
    const bool packs =
        p->m >= PACK_FROM_ROWS && p->b_row > PANEL && p->b_row * p->depth >= PACK_FROM_FLOATS;
    for (size_t j = 0; j < p->n; j += PANEL) {
        const size_t width = p->n - j < PANEL ? p->n - j : PANEL;
        const size_t vectors = (width + VL - 1) / VL;
        size_t k = 0;
        do { /* once even for depth 0: C = start */
            const size_t left = p->depth - k;
            const size_t depth = packs && left > DEPTH_BLOCK ? DEPTH_BLOCK : left;
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

/* --- few columns ---------------------------------------------------------------------------- */

/* Fewer columns than this leave so many lanes idle that turning pays: much where A^T lies ready, as
 * in a gradient, less where A has to be turned first. */
BP_INLINE bool pays_to_turn(const bp_product *p) {
    const size_t narrow = p->a_row == 1 ? VL * 3 / 4 : VL / 4;
    return p->n <= narrow && p->m >= VL;
}

/* The turned C of rows [i, i + rows) before its chains begin. */
BP_INLINE void turned_start(const bp_product *p, size_t i, size_t rows, float *c) {
    if (p->start == BP_START_C) {
        vector_transpose(rows, p->n, p->c + i * p->c_row, p->c_row, c, TURN_ROWS);
    }
    for (size_t j = 0; p->start == BP_START_BIAS && j < p->n; j++) {
        for (size_t r = 0; r < rows; r += VL) {
            vf_store(c + j * TURN_ROWS + r, vf_set(p->bias[j]));
        }
    }
}

static void turned_product(const bp_product *p) {
    float c[VL * TURN_ROWS] __attribute__((aligned(64)));
    float a[DEPTH_BLOCK * TURN_ROWS] __attribute__((aligned(64)));
    const bool ready = p->a_row == 1;
    for (size_t i = 0; i < p->m; i += TURN_ROWS) {
        const size_t rows = p->m - i < TURN_ROWS ? p->m - i : TURN_ROWS;
        bp_start start = p->start == BP_START_ZERO ? BP_START_ZERO : BP_START_C;
        turned_start(p, i, rows, c);
        size_t k = 0;
        do {
            const size_t left = p->depth - k, depth = left > DEPTH_BLOCK ? DEPTH_BLOCK : left;
            if (!ready) {
                vector_transpose(rows, depth, p->a + i * p->a_row + k, p->a_row, a, TURN_ROWS);
            }
            bp_product turned = {.m = p->n,
                                 .n = rows,
                                 .depth = depth,
                                 .a = p->b + k * p->b_row,
                                 .a_row = 1,
                                 .a_column = p->b_row,
                                 .b = ready ? p->a + i + k * p->a_column : a,
                                 .b_row = ready ? p->a_column : TURN_ROWS,
                                 .c = c,
                                 .c_row = TURN_ROWS,
                                 .start = start};
            plain_product(&turned);
            start = BP_START_C;
            k += depth;
        } while (k < p->depth);
        vector_transpose(p->n, rows, c, TURN_ROWS, p->c + i * p->c_row, p->c_row);
    }
}

static void vector_product(const bp_product *p) {
    if (pays_to_turn(p) && (p->a_row == 1 || p->a_column == 1)) {
        turned_product(p);
    } else {
        plain_product(p);
    }
}

#endif
