/* Modified Gram-Schmidt, a group of vectors at a time. A group lies in memory as [length][GROUP],
 * so that one vector register holds the same component of several vectors: every sum is still one
 * chain in one lane, in order of the components, and the group stays in cache while all vectors
 * before it pass by. What q(k) takes away and what q(k+1) finds is one sweep over the group. */
#include "orthogonal.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "memory.h"

enum { GROUP = 8 };
typedef double lanes __attribute__((vector_size(GROUP * sizeof(double))));

/* `count` vectors of `length` components each. */
typedef struct basis {
    size_t count, length;
    double *q;    /* [count][length]: finished vectors */
    lanes *group; /* [length]: those in work */
    size_t first; /* of the group */
} basis;

/* Component `i` of vector `j` is matrix[j * vector_step + i * component_step]. */
typedef struct layout {
    size_t vector_step, component_step;
} layout;

static void take_group(basis *b, const layout *lay, const float *matrix) {
    for (size_t i = 0; i < b->length; i++) {
        for (size_t lane = 0; lane < GROUP; lane++) {
            const size_t j = b->first + lane;
            b->group[i][lane] =
                j < b->count ? (double)matrix[j * lay->vector_step + i * lay->component_step] : 0;
        }
    }
}

/* r = the projections of the group on q */
static void project(const basis *b, const double *q, lanes *r) {
    lanes sum = {0};
    for (size_t i = 0; i < b->length; i++) {
        sum += q[i] * b->group[i];
    }
    *r = sum;
}

/* Takes r q away; then r = the projections on `next`. */
static void sweep(const basis *b, const double *q, const double *next, lanes *r) {
    const lanes before = *r;
    lanes sum = {0};
    for (size_t i = 0; i < b->length; i++) {
        lanes a = b->group[i] - before * q[i];
        b->group[i] = a;
        sum += next[i] * a;
    }
    *r = sum;
}

static void take_away(const basis *b, const double *q, const lanes *r) {
    const lanes share = *r;
    for (size_t i = 0; i < b->length; i++) {
        b->group[i] -= share * q[i];
    }
}

/* Against all vectors before the group. */
static void clear_of_finished(const basis *b) {
    if (b->first == 0) {
        return;
    }
    const double *q = b->q;
    lanes r;
    project(b, q, &r);
    for (size_t k = 1; k < b->first; k++, q += b->length) {
        sweep(b, q, q + b->length, &r);
    }
    take_away(b, q, &r);
}

/* The group's vector `lane`, clear of all before it, becomes a vector of length 1. */
static void finish(const basis *b, size_t lane) {
    double *q = b->q + (b->first + lane) * b->length, square = 0;
    for (size_t i = 0; i < b->length; i++) {
        q[i] = b->group[i][lane];
        square += q[i] * q[i];
    }
    const double norm = sqrt(square);
    for (size_t i = 0; i < b->length; i++) {
        q[i] /= norm;
    }
}

/* Within the group: what is finished is taken from the rest. The finished lanes change too, and are
 * not read again. */
static void finish_group(const basis *b) {
    for (size_t lane = 0; lane < GROUP && b->first + lane < b->count; lane++) {
        finish(b, lane);
        const double *q = b->q + (b->first + lane) * b->length;
        lanes r;
        project(b, q, &r);
        take_away(b, q, &r);
    }
}

bp_status bp_orthonormalize(size_t rows, size_t columns, float *matrix, bp_error *err) {
    const bool by_row = rows <= columns;
    const layout lay = by_row ? (layout){columns, 1} : (layout){1, columns};
    basis b = {.count = by_row ? rows : columns, .length = by_row ? columns : rows};
    b.q = bp_calloc_aligned(b.count * b.length, sizeof *b.q);
    b.group = bp_calloc_aligned(b.length, sizeof *b.group);
    bp_status status = BP_OK;
    if (b.q == NULL || b.group == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for orthogonal weights of %zu x %zu",
                         rows, columns);
        goto out;
    }
    for (; b.first < b.count; b.first += GROUP) {
        take_group(&b, &lay, matrix);
        clear_of_finished(&b);
        finish_group(&b);
    }
    for (size_t j = 0; j < b.count; j++) {
        for (size_t i = 0; i < b.length; i++) {
            matrix[j * lay.vector_step + i * lay.component_step] = (float)b.q[j * b.length + i];
        }
    }
out:
    free(b.q);
    free(b.group);
    return status;
}
