/* The matrix product of kernels.h on vectors.
 *
 * A tile of a few rows by NV vectors of C stays in registers while k runs; a lane holds one
 * element, so its chain of fma is the definition's whatever the tile. Between blocks of DEPTH_BLOCK
 * values of k the tile rests in C as float32, which changes nothing: a register holds the same 32
 * bits. Columns past the last whole vector are loaded and stored under a mask.
 *
 * B is read in panels of PANEL columns. Its rows may lie far apart, so the first tile of a panel
 * copies each row of B that it has just read to a pack, from which the tiles below read it again.
 * Memory that the next tile or panel will need is fetched ahead meanwhile: a weight matrix is
 * larger than the caches, and read once.
 *
 * A product of few columns would leave most lanes idle. It is computed turned, C^T = B^T A^T: a
 * chain is the same chain wherever its element lies. A product with B given as its transpose either
 * is turned likewise or turns each panel of B, whichever moves fewer numbers. */
#ifndef BP_VECTOR_PRODUCT_H
#define BP_VECTOR_PRODUCT_H

#include <stdbool.h>

#include "kernels.h"
#include "vector_few_columns.h"
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
    float *pack;        /* [depth, PANEL]: where the first tile of a panel copies B; or NULL */
    const float *ahead; /* what to fetch ahead: ahead_step floats further for each k */
    size_t ahead_step;
    float *c;
    size_t c_row;
    const float *bias; /* of this tile's columns */
    const float *gate; /* of this tile's elements, rows c_row apart */
    bp_start start;
    bp_end end;
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
#define EACH_FULL_TILE(G) G(1, 12) G(2, 12) G(3, 8) G(4, 6)
static const size_t tile_rows[NV] = {12, 12, 8, 6};
#elif defined(BP_ISA_AVX2) /* 16 registers */
enum { NV = 2, MOST_ROWS = 12 };
#define EACH_WIDTH(G) G(HEIGHTS_12, 1) G(HEIGHTS_6, 2)
#define EACH_FULL_TILE(G) G(1, 12) G(2, 6)
static const size_t tile_rows[NV] = {12, 6};
#else
enum { NV = 1, MOST_ROWS = 4 };
#define EACH_WIDTH(G) G(HEIGHTS_4, 1)
#define EACH_FULL_TILE(G) G(1, 4)
static const size_t tile_rows[NV] = {4};
#endif

enum {
    PANEL = VL * NV,
    DEPTH_BLOCK = 128,        /* a packed panel of AVX-512 fills 32 KiB of the first cache */
    PACK_FROM_ROWS = 24,      /* fewer rows do not pay for the copy */
    PACK_FROM_FLOATS = 8192,  /* a smaller B lies in the first cache as it is */
    TURN_FROM_IDLE = 12 * VL, /* fewer idle lanes do not pay for turning C twice */
    TURN_ROWS = 4 * VL,       /* of a turned product at a time, */
    TURN_COLUMNS = 72,        /* a whole number of tiles, */
    TURN_DEPTH = 512          /* and values of k */
};

BP_INLINE void load_tile(vf *sum, const int rows, const int vectors, const tile *t,
                         const size_t lanes) {
    const bp_start start = t->start;
    const size_t row = start == BP_START_C ? t->c_row : 0;
    const float *from = start == BP_START_BIAS ? t->bias : t->c;
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            const float *at = from + (size_t)i * row + (size_t)j * VL;
            sum[i * vectors + j] =
                start == BP_START_ZERO ? (vf){0} : vf_load_lanes(at, j + 1 == vectors ? lanes : VL);
        }
    }
}

BP_INLINE void fetch_tile_below(const int rows, const int vectors, const tile *t) {
    const float *c = t->c + (size_t)rows * t->c_row;
    const size_t c_row = t->c_row;
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            __builtin_prefetch(c + (size_t)i * c_row + (size_t)j * VL);
        }
    }
}

BP_INLINE void end_tile(vf *sum, const int rows, const int vectors, const tile *t,
                        const size_t lanes) {
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            vf *s = &sum[i * vectors + j];
            const float *gate = t->gate + (size_t)i * t->c_row + (size_t)j * VL;
            vf open =
                t->end == BP_END_RELU ? *s : vf_load_lanes(gate, j + 1 == vectors ? lanes : VL);
            *s = vf_select(open > 0.0f, *s, (vf){0});
        }
    }
}

BP_INLINE void store_tile(const vf *sum, const int rows, const int vectors, const tile *t,
                          const size_t lanes) {
    float *c = t->c; /* read once: the compiler cannot know that C does not lie over the tile */
    const size_t c_row = t->c_row;
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            const size_t n = j + 1 == vectors ? lanes : VL;
            vf_store_lanes(c + (size_t)i * c_row + (size_t)j * VL, sum[i * vectors + j], n);
        }
    }
}

BP_INLINE void run_tile(const int rows, const int vectors, const tile *t, const size_t lanes,
                        const bool packs, const bool fetches) {
    vf sum[MOST_ROWS * NV];
    load_tile(sum, rows, vectors, t, lanes);
    if (fetches && t->start == BP_START_C) {
        fetch_tile_below(rows, vectors, t);
    }
    const float *a = t->a, *b = t->b, *ahead = t->ahead;
    const size_t a_row = t->a_row, a_column = t->a_column, b_row = t->b_row, step = t->ahead_step;
    float *pack = t->pack;
    for (size_t k = t->depth; k > 0; k--) {
        vf row[NV];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            row[j] = vf_load_lanes(b + (size_t)j * VL, j + 1 == vectors ? lanes : VL);
            if (packs) {
                vf_store(pack + (size_t)j * VL, row[j]);
            }
        }
        if (fetches) {
            __builtin_prefetch(ahead, 0, 2);
            ahead += step;
        }
#pragma GCC unroll 12
        for (int i = 0; i < rows; i++) {
            const vf factor = vf_set(a[(size_t)i * a_row]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++) {
                sum[i * vectors + j] = vf_fma(factor, row[j], sum[i * vectors + j]);
            }
        }
        a += a_column;
        b += b_row;
        pack += packs ? PANEL : 0;
    }
    if (t->end != BP_END_NONE) {
        end_tile(sum, rows, vectors, t, lanes);
    }
    store_tile(sum, rows, vectors, t, lanes);
}

/* A function for each height and width, whole and with a masked last vector. Of the full height two
 * more for each width: one that fetches ahead, and one that packs B as well. */
typedef void (*tile_function)(const tile *t);
#define TILE_FUNCTION(name, rows, vectors, packs, fetches)                                         \
    static void name(const tile *t) {                                                              \
        if (t->lanes == VL) {                                                                      \
            run_tile(rows, vectors, t, VL, packs, fetches);                                        \
        } else {                                                                                   \
            run_tile(rows, vectors, t, t->lanes, packs, fetches);                                  \
        }                                                                                          \
    }
#define TILE(rows, vectors) TILE_FUNCTION(tile_##rows##_##vectors, rows, vectors, false, false)
#define TILES_OF(heights, vectors) heights(TILE, vectors)
#define ENTRY(rows, vectors) [vectors - 1][rows - 1] = tile_##rows##_##vectors,
#define ENTRIES_OF(heights, vectors) heights(ENTRY, vectors)
EACH_WIDTH(TILES_OF)
static const tile_function tiles[NV][MOST_ROWS] = {EACH_WIDTH(ENTRIES_OF)};

#define FULL_TILES(vectors, rows)                                                                  \
    TILE_FUNCTION(fetching_tile_##vectors, rows, vectors, false, true)                             \
    TILE_FUNCTION(packing_tile_##vectors, rows, vectors, true, true)
#define FETCHING_ENTRY(vectors, rows) [vectors - 1] = fetching_tile_##vectors,
#define PACKING_ENTRY(vectors, rows) [vectors - 1] = packing_tile_##vectors,
EACH_FULL_TILE(FULL_TILES)
static const tile_function fetching_tiles[NV] = {EACH_FULL_TILE(FETCHING_ENTRY)};
static const tile_function packing_tiles[NV] = {EACH_FULL_TILE(PACKING_ENTRY)};

/* --- panels --------------------------------------------------------------------------------- */

/* A panel of C for the block of k that the tile's pointers are set to. */
typedef struct panel {
    tile tile;
    size_t m, vectors;
    bool large_a;                  /* A is not in the first cache */
    const float *next;             /* B of the panel or block that comes after, */
    size_t next_row, next_vectors; /* which is to be fetched ahead */
} panel;

/* Sets what a tile of full height fetches: a column of vectors of the next panel, or the rows of A
 * that the next tile reads; false: nothing. */
BP_INLINE bool choose_ahead(panel *p, size_t height) {
    tile *t = &p->tile;
    if (p->next_vectors > 0) {
        t->ahead = p->next;
        t->ahead_step = p->next_row;
        p->next += VL;
        p->next_vectors--;
        return true;
    }
    t->ahead = t->a + (t->a_row == 1 ? 2 * VL : height * t->a_row);
    t->ahead_step = t->a_row == 1 ? t->a_column : t->a_row == t->depth ? height : 0;
    return p->large_a;
}

static void run_panel(panel *p) {
    tile *t = &p->tile;
    const size_t v = p->vectors - 1, height = tile_rows[v];
    size_t left = p->m;
    for (; left >= height; left -= height) {
        const bool fetches = choose_ahead(p, height);
        if (t->pack != NULL && left == p->m) {
            packing_tiles[v](t);
            t->b = t->pack;
            t->b_row = PANEL;
        } else {
            (fetches ? fetching_tiles[v] : tiles[v][height - 1])(t);
        }
        t->a += height * t->a_row;
        t->c += height * t->c_row;
        t->gate += height * t->c_row;
    }
    if (left > 0) {
        tiles[v][left - 1](t);
    }
}

/* Columns from j on and values [k, k + depth). `pack` is where B is to be packed, or NULL. */
BP_INLINE void set_panel(panel *out, const bp_product *p, size_t j, size_t k, float *pack) {
    const size_t width = p->n - j < PANEL ? p->n - j : PANEL;
    const size_t left = p->depth - k,
                 depth = pack != NULL && left > DEPTH_BLOCK ? DEPTH_BLOCK : left;
    const bool last = depth == left;
    tile *t = &out->tile;
    out->m = p->m;
    out->vectors = (width + VL - 1) / VL;
    out->next_vectors = 0;
    t->depth = depth;
    t->lanes = width - (out->vectors - 1) * VL;
    t->a = p->a + k * p->a_column;
    t->a_row = p->a_row;
    t->a_column = p->a_column;
    t->c = p->c + j;
    t->c_row = p->c_row;
    t->bias = p->start == BP_START_BIAS ? p->bias + j : NULL;
    t->gate = p->end == BP_END_GATE ? p->gate + j : t->c;
    t->start = k == 0 ? p->start : BP_START_C;
    t->end = last ? p->end : BP_END_NONE;
    if (p->b_turned) {
        vector_transpose(width, depth, p->b + j * p->b_row + k, p->b_row, pack, PANEL);
        t->b = pack;
        t->b_row = PANEL;
        t->pack = NULL;
        return;
    }
    t->b = p->b + k * p->b_row + j;
    t->b_row = p->b_row;
    t->pack = pack;
    if (pack != NULL && (!last || j + PANEL < p->n)) {
        out->next = last ? p->b + j + PANEL : t->b + depth * p->b_row;
        out->next_row = p->b_row;
        out->next_vectors = out->vectors;
    }
}

static void plain_product(const bp_product *p) {
    float pack[DEPTH_BLOCK * PANEL] __attribute__((aligned(64)));
    const bool packs = p->b_turned || (p->m >= PACK_FROM_ROWS && p->b_row > PANEL &&
                                       p->b_row * p->depth >= PACK_FROM_FLOATS);
    panel of_c;
    of_c.large_a = (p->a_row == 1 ? p->depth * p->a_column : p->m * p->a_row) >= PACK_FROM_FLOATS;
    for (size_t j = 0; j < p->n; j += PANEL) {
        size_t k = 0;
        do { /* once even for depth 0: C = start */
            set_panel(&of_c, p, j, k, packs ? pack : NULL);
            k += of_c.tile.depth;
            run_panel(&of_c);
        } while (k < p->depth);
    }
}

/* --- turned --------------------------------------------------------------------------------- */

/* Fewer columns than this leave so many lanes idle that turning pays: much where A^T lies ready, as
 * in a gradient, less where A has to be turned first. Where B is given turned, one of A with C and
 * B has to be turned anyway. */
BP_INLINE bool pays_to_turn(const bp_product *p) {
    if (p->m < VL || (p->a_row != 1 && p->a_column != 1)) {
        return false;
    }
    if (p->b_turned) {
        const size_t rows = p->m < TURN_ROWS ? p->m : TURN_ROWS;
        return p->a_column == 1 && rows * (p->n + p->depth) < p->n * p->depth;
    }
    return p->a_row == 1 ? p->n < VL && p->depth * (VL - p->n) >= TURN_FROM_IDLE : p->n <= VL / 4;
}

/* Rows [i, i + rows), columns [j, j + columns) and values [k, k + depth) of a product that runs
 * turned. */
typedef struct turned_block {
    size_t i, rows, j, columns, k, depth;
    const float *a; /* A^T of these rows and values, rows a_row apart */
    size_t a_row;
} turned_block;

/* C^T of the block before its chains begin or go on, rows TURN_ROWS apart; returns where they do.
 */
BP_INLINE bp_start turned_start(const bp_product *p, const turned_block *b, float *c) {
    if (b->k > 0 || p->start == BP_START_C) {
        const float *from = p->c + b->i * p->c_row + b->j;
        vector_transpose(b->rows, b->columns, from, p->c_row, c, TURN_ROWS);
        return BP_START_C;
    }
    for (size_t j = 0; p->start == BP_START_BIAS && j < b->columns; j++) {
        for (size_t r = 0; r < b->rows; r += VL) {
            vf_store(c + j * TURN_ROWS + r, vf_set(p->bias[b->j + j]));
        }
    }
    return p->start == BP_START_BIAS ? BP_START_C : p->start;
}

/* The end of the chains of a block that has been turned back. */
static void end_block(const bp_product *p, const turned_block *b) {
    for (size_t i = b->i; i < b->i + b->rows; i++) {
        float *c = p->c + i * p->c_row + b->j;
        const float *open = p->end == BP_END_RELU ? c : p->gate + i * p->c_row + b->j;
        for (size_t j = 0; j < b->columns; j += VL) {
            const size_t lanes = b->columns - j < VL ? b->columns - j : VL;
            const vf s = vf_load_lanes(c + j, lanes), gate = vf_load_lanes(open + j, lanes);
            vf_store_lanes(c + j, vf_select(gate > 0.0f, s, (vf){0}), lanes);
        }
    }
}

static void run_turned_block(const bp_product *p, const turned_block *b) {
    float c[TURN_COLUMNS * TURN_ROWS] __attribute__((aligned(64)));
    const size_t row = p->b_turned ? p->b_row : 1, column = p->b_turned ? 1 : p->b_row;
    bp_product turned = {.m = b->columns,
                         .n = b->rows,
                         .depth = b->depth,
                         .a = p->b + b->j * row + b->k * column,
                         .a_row = row,
                         .a_column = column,
                         .b = b->a,
                         .b_row = b->a_row,
                         .c = c,
                         .c_row = TURN_ROWS,
                         .start = turned_start(p, b, c)};
    plain_product(&turned);
    float *to = p->c + b->i * p->c_row + b->j;
    vector_transpose(b->columns, b->rows, c, TURN_ROWS, to, p->c_row);
    if (p->end != BP_END_NONE && b->k + b->depth == p->depth) {
        end_block(p, b);
    }
}

static void turned_product(const bp_product *p) {
    float a[TURN_DEPTH * TURN_ROWS] __attribute__((aligned(64)));
    const bool ready = p->a_row == 1;
    for (size_t i = 0; i < p->m; i += TURN_ROWS) {
        turned_block b = {.i = i, .rows = p->m - i < TURN_ROWS ? p->m - i : TURN_ROWS};
        do {
            const size_t left = p->depth - b.k;
            b.depth = !ready && left > TURN_DEPTH ? TURN_DEPTH : left;
            b.a = ready ? p->a + i + b.k * p->a_column : a;
            b.a_row = ready ? p->a_column : TURN_ROWS;
            if (!ready) {
                const float *from = p->a + i * p->a_row + b.k;
                vector_transpose(b.rows, b.depth, from, p->a_row, a, TURN_ROWS);
            }
            for (b.j = 0; b.j < p->n; b.j += TURN_COLUMNS) {
                b.columns = p->n - b.j < TURN_COLUMNS ? p->n - b.j : TURN_COLUMNS;
                run_turned_block(p, &b);
            }
            b.k += b.depth;
        } while (b.k < p->depth);
    }
}

static void vector_product(const bp_product *p) {
    if (has_few_columns(p)) {
        few_columns_product(p);
    } else if (is_row_by_turned(p)) {
        row_by_turned(p);
    } else if (pays_to_turn(p)) {
        turned_product(p);
    } else {
        plain_product(p);
    }
}

#endif
