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

static void vector_transpose(size_t rows, size_t width, const float *a, size_t a_row, float *out,
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

#endif
