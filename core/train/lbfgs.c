#include "lbfgs.h"

#include <math.h>
#include <string.h>

#include "line_search.h"
#include "memory.h"

/* It has converged, too, where f falls by no more than this share of it (of 1, if it is smaller):
 * float32 losses do not tell smaller changes. */
#define LEAST_DECREASE 1e-9

/* A change is kept only where its curvature s.y is above this share of y.y. */
#define LEAST_CURVATURE 1e-10

/* s = w' - w, y = g' - g, and 1 / s.y */
typedef struct change {
    float *s, *y; /* [count] */
    double rho;
} change;

struct bp_lbfgs {
    bp_long_vectors vectors; /* its partial sums are borrowed */
    bp_objective objective;
    bp_lbfgs_settings settings;
    bool begun;
    bp_objective_value at; /* the present parameters, whose gradient is the objective's */
    bp_objective_value trial;
    double scale;      /* gamma = s.y / y.y of the last change, equation 7.20 */
    size_t kept, next; /* changes, and the slot of the one to come */
    change ring[BP_LBFGS_MOST_HISTORY];
    double alpha[BP_LBFGS_MOST_HISTORY];
    float *direction; /* [count] */
};

bp_status bp_lbfgs_new(bp_lbfgs **out, const bp_long_vectors *vectors,
                       const bp_objective *objective, const bp_lbfgs_settings *settings,
                       bp_error *err) {
    bp_lbfgs *l = calloc(1, sizeof *l);
    bool complete = l != NULL;
    if (complete) {
        *l = (bp_lbfgs){.vectors = *vectors, .objective = *objective, .settings = *settings};
        l->direction = bp_calloc_aligned(vectors->count, sizeof(float));
        complete = l->direction != NULL;
    }
    for (size_t i = 0; complete && i < settings->history; i++) {
        l->ring[i].s = bp_calloc_aligned(vectors->count, sizeof(float));
        l->ring[i].y = bp_calloc_aligned(vectors->count, sizeof(float));
        complete = l->ring[i].s != NULL && l->ring[i].y != NULL;
    }
    if (!complete) {
        bp_lbfgs_free(l);
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a history of %zu changes",
                       settings->history);
    }
    *out = l;
    return BP_OK;
}

void bp_lbfgs_free(bp_lbfgs *l) {
    if (l == NULL) {
        return;
    }
    for (size_t i = 0; i < BP_LBFGS_MOST_HISTORY; i++) {
        free(l->ring[i].s);
        free(l->ring[i].y);
    }
    free(l->direction);
    free(l);
}

static void copy(const bp_lbfgs *l, float *to, const float *from) {
    memcpy(to, from, l->vectors.count * sizeof *to);
}

static bp_objective_value evaluate(const bp_lbfgs *l, bp_lbfgs_report *report) {
    report->evaluations++;
    return l->objective.evaluate(l->objective.context);
}

/* --- the direction -------------------------------------------------------------------------- */

/* The i-th change, from the newest. */
static change *newest(bp_lbfgs *l, size_t i) {
    const size_t history = l->settings.history;
    return &l->ring[(l->next + history - 1 - i) % history];
}

/* Algorithm 7.4, with the sign turned in the middle: direction = -H g. */
static void find_direction(bp_lbfgs *l) {
    const bp_long_vectors *v = &l->vectors;
    float *d = l->direction;
    copy(l, d, l->objective.gradient);
    for (size_t i = 0; i < l->kept; i++) {
        const change *c = newest(l, i);
        l->alpha[i] = c->rho * bp_long_vectors_dot(v, c->s, d);
        bp_long_vectors_add_scaled(v, (float)-l->alpha[i], c->y, d, d);
    }
    bp_long_vectors_scale(v, l->kept > 0 ? (float)-l->scale : -1.0f, d);
    for (size_t i = l->kept; i-- > 0;) {
        const change *c = newest(l, i);
        double beta = c->rho * bp_long_vectors_dot(v, c->y, d);
        bp_long_vectors_add_scaled(v, (float)-(l->alpha[i] + beta), c->s, d, d);
    }
}

/* The slope along the direction; below 0, unless the gradient is 0. A history that points uphill
 * is forgotten. */
static double descend(bp_lbfgs *l) {
    find_direction(l);
    double slope = bp_long_vectors_dot(&l->vectors, l->objective.gradient, l->direction);
    if (!(slope < 0) && l->kept > 0) {
        l->kept = 0;
        find_direction(l);
        slope = bp_long_vectors_dot(&l->vectors, l->objective.gradient, l->direction);
    }
    return slope;
}

static double first_step(const bp_lbfgs *l, double rate) {
    if (l->kept > 0) {
        return rate;
    }
    double sum = bp_long_vectors_absolute_sum(&l->vectors, l->objective.gradient);
    return sum > 1 ? rate / sum : rate;
}

/* --- the line ------------------------------------------------------------------------------- */

/* To w + step d, w being the change's s; its value and slope there. */
static bp_line_point go_to(bp_lbfgs *l, const change *from, double step, bp_lbfgs_report *report) {
    bp_long_vectors_add_scaled(&l->vectors, (float)step, l->direction, from->s,
                               l->objective.parameters);
    l->trial = evaluate(l, report);
    bp_line_point at = {.step = step, .value = l->trial.value, .slope = (double)NAN};
    if (isfinite(at.value)) {
        at.slope = bp_long_vectors_dot(&l->vectors, l->objective.gradient, l->direction);
    }
    return at;
}

/* Leaves parameters, gradient and value at a better point. False: there is none, and they are as
 * they were. */
static bool search_line(bp_lbfgs *l, const change *from, double slope, double step,
                        bp_lbfgs_report *report) {
    bp_line_search search;
    bp_line_point at;
    bp_line_state state;
    bp_line_search_begin(&search, l->at.value, slope, step);
    do {
        at = go_to(l, from, search.trial.step, report);
        state = bp_line_search_tell(&search, at.value, at.slope);
    } while (state == BP_LINE_TRY);
    if (state == BP_LINE_FAILED && search.low.step > 0) {
        go_to(l, from, search.low.step, report);
    } else if (state == BP_LINE_FAILED) {
        copy(l, l->objective.parameters, from->s);
        copy(l, l->objective.gradient, from->y);
        return false;
    }
    l->at = l->trial;
    return true;
}

/* --- an iteration --------------------------------------------------------------------------- */

/* `c` holds where the line began, and becomes the newest change. */
static void keep_change(bp_lbfgs *l, change *c) {
    const bp_long_vectors *v = &l->vectors;
    bp_long_vectors_add_scaled(v, -1.0f, c->s, l->objective.parameters, c->s);
    bp_long_vectors_add_scaled(v, -1.0f, c->y, l->objective.gradient, c->y);
    double curvature = bp_long_vectors_dot(v, c->s, c->y),
           square = bp_long_vectors_dot(v, c->y, c->y);
    if (curvature > LEAST_CURVATURE * square) {
        c->rho = 1 / curvature;
        l->scale = curvature / square;
        l->next = l->next + 1 < l->settings.history ? l->next + 1 : 0;
        l->kept += l->kept < l->settings.history;
    }
}

static bool fell_enough(double before, double after) {
    double size = fmax(1, fmax(fabs(before), fabs(after)));
    return before - after > LEAST_DECREASE * size;
}

static bool is_flat(const bp_lbfgs *l) {
    return bp_long_vectors_largest(&l->vectors, l->objective.gradient) <= l->settings.tolerance;
}

/* A line without a better point: where the history gave it, the next iteration tries without. */
static bool take_line(bp_lbfgs *l, double slope, double rate, bp_lbfgs_report *report) {
    change *c = &l->ring[l->next];
    const double before = l->at.value, step = first_step(l, rate);
    copy(l, c->s, l->objective.parameters);
    copy(l, c->y, l->objective.gradient);
    /* A full ring's oldest change has just been overwritten. */
    const size_t kept = l->kept;
    l->kept -= kept == l->settings.history;
    if (!search_line(l, c, slope, step, report)) {
        l->kept = 0;
        return kept > 0;
    }
    keep_change(l, c);
    return fell_enough(before, l->at.value);
}

bool bp_lbfgs_iterate(bp_lbfgs *l, double rate, bp_lbfgs_report *report) {
    *report = (bp_lbfgs_report){0};
    const bool begun = l->begun;
    if (!begun) {
        l->at = evaluate(l, report);
        l->begun = true;
    }
    report->loss = l->at.loss;
    const float *g = l->objective.gradient;
    report->gradient_norm = sqrt(bp_long_vectors_dot(&l->vectors, g, g));
    if (!isfinite(l->at.value) || !isfinite(report->gradient_norm)) {
        l->begun = begun;
        return false;
    }
    report->converged = is_flat(l);
    if (!report->converged) {
        double slope = descend(l);
        report->converged = !(slope < 0) || !take_line(l, slope, rate, report);
    }
    return true;
}

/* --- state ---------------------------------------------------------------------------------- */

/* What is steered by, apart from it until all of it was read. */
typedef struct numbers {
    bool begun;
    bp_objective_value at;
    double scale;
    size_t kept, next;
    double rho[BP_LBFGS_MOST_HISTORY];
} numbers;

static void exchange_numbers(numbers *n, size_t history, bp_byte_cursor *cursor) {
    bp_byte_cursor_flag(cursor, &n->begun);
    bp_byte_cursor_double(cursor, &n->at.value);
    bp_byte_cursor_double(cursor, &n->at.loss);
    bp_byte_cursor_double(cursor, &n->scale);
    bp_byte_cursor_size(cursor, &n->kept, history);
    bp_byte_cursor_size(cursor, &n->next, history - 1);
    for (size_t i = 0; i < history; i++) {
        bp_byte_cursor_double(cursor, &n->rho[i]);
    }
}

static numbers numbers_of(const bp_lbfgs *l) {
    numbers n = {
        .begun = l->begun, .at = l->at, .scale = l->scale, .kept = l->kept, .next = l->next};
    for (size_t i = 0; i < l->settings.history; i++) {
        n.rho[i] = l->ring[i].rho;
    }
    return n;
}

static void set_numbers(bp_lbfgs *l, const numbers *n) {
    l->begun = n->begun;
    l->at = n->at;
    l->scale = n->scale;
    l->kept = n->kept;
    l->next = n->next;
    for (size_t i = 0; i < l->settings.history; i++) {
        l->ring[i].rho = n->rho[i];
    }
}

void bp_lbfgs_exchange(bp_lbfgs *l, bp_byte_cursor *cursor) {
    const size_t count = l->vectors.count;
    numbers n = numbers_of(l);
    exchange_numbers(&n, l->settings.history, cursor);
    if (cursor->failed) {
        return;
    }
    bp_byte_cursor_floats(cursor, l->objective.gradient, count);
    for (size_t i = 0; i < l->settings.history; i++) {
        bp_byte_cursor_floats(cursor, l->ring[i].s, count);
        bp_byte_cursor_floats(cursor, l->ring[i].y, count);
    }
    if (!cursor->failed && cursor->mode == BP_BYTES_GET) {
        set_numbers(l, &n);
    }
}
