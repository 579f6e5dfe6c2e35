/* The matrix product of kernels.h for C of so few columns that a row of it fills no vector: a lane
 * holds a row of C and a vector a column. B and C lie without gaps between their rows. That is what
 * the last layer of a network mostly is, forward and in its gradient; and one row by a B that is
 * given turned, dl/dx of a single sample, is C^T of one column. */
#ifndef BP_VECTOR_FEW_COLUMNS_H
#define BP_VECTOR_FEW_COLUMNS_H

#include <stdbool.h>

#include "kernels.h"
#include "vector_transpose.h"

/* Longer chains wait for one another: VL rows at a time are too few. */
enum { FEW_COLUMNS_DEPTH = 128 };

BP_INLINE bool has_few_columns(const bp_product *p) {
    return p->n <= FEW_COLUMNS && p->m >= VL && p->depth <= FEW_COLUMNS_DEPTH && !p->b_turned &&
           p->b_row == p->n && p->c_row == p->n && (p->a_row == 1 || p->a_column == 1);
}

/* Up to VL rows of A, and B. */
typedef struct few_columns {
    const float *a;
    size_t a_row, a_column, count;
    const float *b;
} few_columns;

BP_INLINE void add_products(const size_t columns, const few_columns *f, vf a, size_t k, vf *sum) {
#pragma GCC unroll 4
    for (size_t j = 0; j < columns; j++) {
        sum[j] = vf_fma(a, vf_set(f->b[k * columns + j]), sum[j]);
    }
}

/* Values [k, k + VL) of VL rows of A, which are turned. */
BP_INLINE void add_whole_block(const size_t columns, const few_columns *f, size_t k, vf *sum) {
    vf block[VL];
#pragma GCC unroll 16
    for (size_t i = 0; i < VL; i++) {
        block[i] = vf_load(f->a + i * f->a_row + k);
    }
    vf_transpose(block);
#pragma GCC unroll 16
    for (size_t i = 0; i < VL; i++) {
        add_products(columns, f, block[i], k + i, sum);
    }
}

/* Values [k, k + depth) of what rows there are. */
BP_INLINE void add_part_block(const size_t columns, const few_columns *f, size_t k, size_t depth,
                              vf *sum) {
    vf block[VL];
#pragma GCC unroll 16
    for (size_t i = 0; i < VL; i++) {
        block[i] = i < f->count ? vf_load_lanes(f->a + i * f->a_row + k, depth) : (vf){0};
    }
    vf_transpose(block);
    for (size_t i = 0; i < depth; i++) {
        add_products(columns, f, block[i], k + i, sum);
    }
}

BP_INLINE void start_columns(const size_t columns, const bp_product *p, size_t i, size_t count,
                             vf *sum) {
    if (p->start == BP_START_C) {
        split_columns(columns, p->c + i * columns, count, sum);
        return;
    }
#pragma GCC unroll 4
    for (size_t j = 0; j < columns; j++) {
        sum[j] = p->start == BP_START_BIAS ? vf_set(p->bias[j]) : (vf){0};
    }
}

BP_INLINE void end_columns(const size_t columns, const bp_product *p, size_t i, size_t count,
                           vf *sum) {
    if (p->end != BP_END_NONE) {
        vf open[FEW_COLUMNS];
        memcpy(open, sum, columns * sizeof *open);
        if (p->end == BP_END_GATE) {
            split_columns(columns, p->gate + i * columns, count, open);
        }
#pragma GCC unroll 4
        for (size_t j = 0; j < columns; j++) {
            sum[j] = vf_select(open[j] > 0.0f, sum[j], (vf){0});
        }
    }
    join_columns(columns, sum, count, p->c + i * columns);
}

/* Rows [i, i + count) of C. */
BP_INLINE void few_columns_rows(const size_t columns, const bp_product *p, size_t i, size_t count) {
    const few_columns f = {.a = p->a + i * p->a_row,
                           .a_row = p->a_row,
                           .a_column = p->a_column,
                           .count = count,
                           .b = p->b};
    vf sum[FEW_COLUMNS];
    start_columns(columns, p, i, count, sum);
    size_t k = 0;
    if (f.a_row == 1) {
        for (; k < p->depth; k++) {
            add_products(columns, &f, vf_load_lanes(f.a + k * f.a_column, count), k, sum);
        }
    }
    for (; k < p->depth; k += VL) {
        const size_t depth = p->depth - k < VL ? p->depth - k : VL;
        if (count == VL && depth == VL) {
            add_whole_block(columns, &f, k, sum);
        } else {
            add_part_block(columns, &f, k, depth, sum);
        }
    }
    end_columns(columns, p, i, count, sum);
}

#define FEW_COLUMNS_PRODUCT(columns)                                                               \
    static void product_of_##columns(const bp_product *p) {                                        \
        for (size_t i = 0; i < p->m; i += VL) {                                                    \
            if (p->m - i >= VL) {                                                                  \
                few_columns_rows(columns, p, i, VL);                                               \
            } else {                                                                               \
                few_columns_rows(columns, p, i, p->m - i);                                         \
            }                                                                                      \
        }                                                                                          \
    }
FEW_COLUMNS_PRODUCT(1)
FEW_COLUMNS_PRODUCT(2)
FEW_COLUMNS_PRODUCT(3)
FEW_COLUMNS_PRODUCT(4)

static void few_columns_product(const bp_product *p) {
    static void (*const product_of[])(const bp_product *) = {product_of_1, product_of_2,
                                                             product_of_3, product_of_4};
    product_of[p->n - 1](p);
}

/* C^T = B^T A^T has one column. */
BP_INLINE bool is_row_by_turned(const bp_product *p) {
    return p->m == 1 && p->b_turned && p->a_column == 1 && p->start != BP_START_BIAS &&
           p->depth <= FEW_COLUMNS_DEPTH;
}

static void row_by_turned(const bp_product *p) {
    bp_product turned = *p;
    turned.m = p->n;
    turned.n = 1;
    turned.a = p->b;
    turned.a_row = p->b_row;
    turned.a_column = 1;
    turned.b = p->a;
    turned.b_row = 1;
    turned.b_turned = false;
    turned.c_row = 1;
    product_of_1(&turned);
}

#endif
