#include "line_search.h"

#include <math.h>

#define SUFFICIENT_DECREASE 1e-4 /* c1 */
#define CURVATURE 0.9            /* c2 */

/* How near the ends of the interval a trial may come, as a share of its length. */
#define MARGIN 0.1

/* A growing step is at least so much longer, as a share of the last growth, and at most so many
 * times as long. */
#define LEAST_GROWTH 0.01
#define MOST_GROWTH 10.0

static double within(double a, double least, double most) {
    return a < least ? least : a > most ? most : a;
}

/* The minimiser of the cubic through the values and slopes of two points, equation 3.59, kept in
 * [least, most]; their middle where there is none. */
static double minimize_cubic(bp_line_point a, bp_line_point b, double least, double most) {
    double d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
    double square = d1 * d1 - a.slope * b.slope;
    double d2 = sqrt(square) * (a.step <= b.step ? 1 : -1);
    double at = b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
    return isfinite(at) ? within(at, least, most) : (least + most) / 2;
}

void bp_line_search_begin(bp_line_search *search, double value, double slope, double step) {
    const bp_line_point start = {.step = 0, .value = value, .slope = slope};
    *search = (bp_line_search){.start = start, .low = start, .trial = {.step = step}};
}

/* False for what is not a number, too. */
static bool decreases_enough(const bp_line_search *s) {
    const bp_line_point *t = &s->trial;
    return t->value <= s->start.value + SUFFICIENT_DECREASE * t->step * s->start.slope;
}

static bool is_flat_enough(const bp_line_search *s) {
    return fabs(s->trial.slope) <= -CURVATURE * s->start.slope;
}

/* Algorithm 3.6's choice of a point between low and high. */
static void try_between(bp_line_search *s) {
    double least = fmin(s->low.step, s->high.step), most = fmax(s->low.step, s->high.step);
    double margin = MARGIN * (most - least);
    s->trial.step = minimize_cubic(s->low, s->high, least + margin, most - margin);
}

/* Algorithm 3.5's choice of a longer step. */
static void try_farther(bp_line_search *s, bp_line_point before) {
    const bp_line_point last = s->low;
    double least = last.step + LEAST_GROWTH * (last.step - before.step);
    s->trial.step = minimize_cubic(before, last, least, MOST_GROWTH * last.step);
}

/* The trial is no better than low: the good point lies between them. */
static void close_in(bp_line_search *s) {
    s->high = s->trial;
    s->bracketed = true;
}

/* The trial is better than low: it takes its place. */
static void move_on(bp_line_search *s) {
    const bp_line_point before = s->low;
    if (s->bracketed ? s->trial.slope * (s->high.step - s->low.step) >= 0 : s->trial.slope >= 0) {
        s->high = before;
        s->bracketed = true;
    }
    s->low = s->trial;
    if (!s->bracketed) {
        try_farther(s, before);
    }
}

bp_line_state bp_line_search_tell(bp_line_search *s, double value, double slope) {
    const bool finite = isfinite(value) && isfinite(slope);
    s->trial.value = finite ? value : (double)INFINITY;
    s->trial.slope = slope;
    const bool better = decreases_enough(s) && (s->low.step == 0 || s->trial.value < s->low.value);
    if (better && is_flat_enough(s)) {
        return BP_LINE_FOUND;
    }
    if (better) {
        move_on(s);
    } else {
        close_in(s);
    }
    if (s->bracketed) {
        try_between(s);
    }
    return ++s->trials < BP_LINE_MOST_TRIALS ? BP_LINE_TRY : BP_LINE_FAILED;
}
