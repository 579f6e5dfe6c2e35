/* The transposition of kernels.h on vectors, in blocks of VL x VL. */
#ifndef BP_VECTOR_TRANSPOSE_H
#define BP_VECTOR_TRANSPOSE_H

#include "vec.h"

/* One block of up to VL x VL. */
BP_INLINE void transpose_block(size_t rows, size_t width, const float *a, size_t a_row, float *out,
                               size_t out_row) {
    vf row[VL];
#pragma GCC unroll 16
    for (size_t i = 0; i < VL; i++) {
        row[i] = i < rows ? vf_load_lanes(a + i * a_row, width) : (vf){0};
    }
    vf_transpose(row);
#pragma GCC unroll 16
    for (size_t j = 0; j < VL; j++) {
        if (j < width) {
            vf_store_lanes(out + j * out_row, row[j], rows);
        }
    }
}

/* --- few columns ------------------------------------------------------------------------------
 * Up to VL rows of so few numbers that lie one after the other fill as many vectors as they have
 * columns. `columns` is a constant where these are inlined. */
enum { FEW_COLUMNS = 4 };

BP_INLINE size_t lanes_of_part(size_t count, size_t part) {
    const size_t done = part * VL;
    return count <= done ? 0 : count - done < VL ? count - done : VL;
}

/* out[j], lane i = rows[i * columns + j]; lanes from `count` on are 0. */
BP_INLINE void split_columns(const size_t columns, const float *rows, size_t count, vf *out) {
    vf flat[FEW_COLUMNS] = {{0}};
#pragma GCC unroll 4
    for (size_t v = 0; v < columns; v++) {
        flat[v] = vf_load_lanes(rows + v * VL, lanes_of_part(count * columns, v));
    }
#pragma GCC unroll 4
    for (size_t j = 0; j < columns; j++) {
        const vi at = vi_lanes() * (int32_t)columns + (int32_t)j;
        const vf low = vf_pick(flat[0], flat[1], at), high = vf_pick(flat[2], flat[3], at);
        out[j] = columns > 2 ? vf_select(at < 2 * VL, low, high) : low;
    }
}

/* The way back: rows[i * columns + j] = in[j], lane i, of `count` rows. */
BP_INLINE void join_columns(const size_t columns, const vf *in, size_t count, float *rows) {
#pragma GCC unroll 4
    for (size_t v = 0; v < columns; v++) {
        const vi at = vi_lanes() + (int32_t)(v * VL), row = at / (int32_t)columns;
        const vi column = at - row * (int32_t)columns, from = row + (column & 1) * VL;
        const vf low = vf_pick(in[0], in[columns > 1], from);
        const vf high = vf_pick(in[columns > 2 ? 2 : 0], in[columns > 3 ? 3 : 0], from);
        vf_store_lanes(rows + v * VL, columns > 2 ? vf_select(column < 2, low, high) : low,
                       lanes_of_part(count * columns, v));
    }
}

/* Transposition of a matrix of few columns, and to one. */
#define FEW(columns)                                                                               \
    static void from_##columns(size_t rows, const float *a, float *out, size_t out_row) {          \
        for (size_t i = 0; i < rows; i += VL) {                                                    \
            const size_t count = rows - i < VL ? rows - i : VL;                                    \
            vf column[FEW_COLUMNS];                                                                \
            split_columns(columns, a + i * columns, count, column);                                \
            for (size_t j = 0; j < columns; j++) {                                                 \
                vf_store_lanes(out + j * out_row + i, column[j], count);                           \
            }                                                                                      \
        }                                                                                          \
    }                                                                                              \
    static void to_##columns(size_t width, const float *a, size_t a_row, float *out) {             \
        for (size_t j = 0; j < width; j += VL) {                                                   \
            const size_t count = width - j < VL ? width - j : VL;                                  \
            vf column[FEW_COLUMNS];                                                                \
            for (size_t i = 0; i < columns; i++) {                                                 \
                column[i] = vf_load_lanes(a + i * a_row + j, count);                               \
            }                                                                                      \
            join_columns(columns, column, count, out + j * columns);                               \
        }                                                                                          \
    }
FEW(1)
FEW(2)
FEW(3)
FEW(4)

static void transpose_blocks(size_t rows, size_t width, const float *a, size_t a_row, float *out,
                             size_t out_row) {
    for (size_t i = 0; i < rows; i += VL) {
        for (size_t j = 0; j < width; j += VL) {
            const float *from = a + i * a_row + j;
            float *to = out + j * out_row + i;
            size_t down = rows - i < VL ? rows - i : VL, across = width - j < VL ? width - j : VL;
            if (down == VL && across == VL) {
                transpose_block(VL, VL, from, a_row, to, out_row);
            } else {
                transpose_block(down, across, from, a_row, to, out_row);
            }
        }
    }
}

static void vector_transpose(size_t rows, size_t width, const float *a, size_t a_row, float *out,
                             size_t out_row) {
    static void (*const from_few[])(size_t, const float *, float *, size_t) = {from_1, from_2,
                                                                               from_3, from_4};
    static void (*const to_few[])(size_t, const float *, size_t, float *) = {to_1, to_2, to_3,
                                                                             to_4};
    if (width <= FEW_COLUMNS && a_row == width) {
        from_few[width - 1](rows, a, out, out_row);
    } else if (rows <= FEW_COLUMNS && out_row == rows) {
        to_few[rows - 1](width, a, a_row, out);
    } else {
        transpose_blocks(rows, width, a, a_row, out, out_row);
    }
}

#endif
