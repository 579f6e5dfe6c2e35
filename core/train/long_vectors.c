#include "long_vectors.h"

#include <math.h>

#include "memory.h"

enum { STRETCH = 8192 };

/* What an element costs, next to a row pass: mostly its memory. */
#define FLOPS_OF_ELEMENT 10.0

typedef struct work {
    const bp_long_vectors *vectors;
    float factor;
    const float *a, *b;
    float *out;
} work;

/* Where stretch `task` begins, and how long it is. */
static size_t stretch_of(const bp_long_vectors *v, size_t task, size_t *first) {
    *first = task * STRETCH;
    return v->count - *first < STRETCH ? v->count - *first : STRETCH;
}

static size_t stretches(const bp_long_vectors *v) {
    return (v->count + STRETCH - 1) / STRETCH;
}

/* --- tasks ---------------------------------------------------------------------------------- */

static void dot(void *context, size_t task, size_t worker) {
    const work *w = context;
    (void)worker;
    size_t first, count = stretch_of(w->vectors, task, &first);
    w->vectors->partial[task] = w->vectors->kernels->dot(count, w->a + first, w->b + first);
}

static void absolute_sum(void *context, size_t task, size_t worker) {
    const work *w = context;
    (void)worker;
    size_t first, count = stretch_of(w->vectors, task, &first);
    double sum = 0;
    for (size_t i = first; i < first + count; i++) {
        sum += fabs((double)w->a[i]);
    }
    w->vectors->partial[task] = sum;
}

static void largest(void *context, size_t task, size_t worker) {
    const work *w = context;
    (void)worker;
    size_t first, count = stretch_of(w->vectors, task, &first);
    float most = 0;
    for (size_t i = first; i < first + count; i++) {
        most = fabsf(w->a[i]) > most ? fabsf(w->a[i]) : most;
    }
    w->vectors->partial[task] = (double)most;
}

static void add_scaled(void *context, size_t task, size_t worker) {
    const work *w = context;
    (void)worker;
    size_t first, count = stretch_of(w->vectors, task, &first);
    w->vectors->kernels->add_scaled(count, w->factor, w->a + first, w->b + first, w->out + first);
}

static void scale(void *context, size_t task, size_t worker) {
    const work *w = context;
    (void)worker;
    size_t first, count = stretch_of(w->vectors, task, &first);
    w->vectors->kernels->scale(count, w->factor, w->out + first);
}

/* --- the whole ------------------------------------------------------------------------------ */

static void run(const bp_long_vectors *v, bp_task task, work w) {
    w.vectors = v;
    bp_phases_run(v->phases, task, &w, stretches(v), FLOPS_OF_ELEMENT * (double)v->count);
}

static double sum_partials(const bp_long_vectors *v) {
    double sum = 0;
    for (size_t i = 0; i < stretches(v); i++) {
        sum += v->partial[i];
    }
    return sum;
}

double bp_long_vectors_dot(const bp_long_vectors *v, const float *a, const float *b) {
    run(v, dot, (work){.a = a, .b = b});
    return sum_partials(v);
}

double bp_long_vectors_absolute_sum(const bp_long_vectors *v, const float *a) {
    run(v, absolute_sum, (work){.a = a});
    return sum_partials(v);
}

double bp_long_vectors_largest(const bp_long_vectors *v, const float *a) {
    run(v, largest, (work){.a = a});
    double most = 0;
    for (size_t i = 0; i < stretches(v); i++) {
        most = v->partial[i] > most ? v->partial[i] : most;
    }
    return most;
}

void bp_long_vectors_add_scaled(const bp_long_vectors *v, float factor, const float *a,
                                const float *b, float *out) {
    run(v, add_scaled, (work){.factor = factor, .a = a, .b = b, .out = out});
}

void bp_long_vectors_scale(const bp_long_vectors *v, float factor, float *a) {
    run(v, scale, (work){.factor = factor, .out = a});
}

bp_status bp_long_vectors_init(bp_long_vectors *out, bp_phases *phases, const bp_kernels *kernels,
                               size_t count, bp_error *err) {
    bp_long_vectors v = {.phases = phases, .kernels = kernels, .count = count};
    v.partial = bp_calloc_aligned(stretches(&v), sizeof *v.partial);
    if (v.partial == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to train");
    }
    *out = v;
    return BP_OK;
}

void bp_long_vectors_clear(bp_long_vectors *vectors) {
    free(vectors->partial);
    *vectors = (bp_long_vectors){0};
}
