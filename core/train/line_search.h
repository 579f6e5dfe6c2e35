/* A step length along a descent direction d that meets the strong Wolfe conditions: with
 * phi(a) = f(w + a d), phi(a) <= phi(0) + c1 a phi'(0) and |phi'(a)| <= c2 |phi'(0)|.
 * Nocedal and Wright, "Numerical Optimization", 2006, algorithms 3.5 and 3.6 with cubic
 * interpolation, equation 3.59; c1 = 1e-4, c2 = 0.9.
 *
 * It asks and is told: whoever evaluates phi calls it. Only + - * / and the square root. */
#ifndef BP_LINE_SEARCH_H
#define BP_LINE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bp_line_point {
    double step, value, slope; /* a, phi(a), phi'(a) */
} bp_line_point;

typedef enum bp_line_state {
    BP_LINE_TRY,   /* evaluate at `trial.step` */
    BP_LINE_FOUND, /* `trial` meets the conditions */
    BP_LINE_FAILED /* no point found; `low` is the best that decreases enough, step 0: none */
} bp_line_state;

enum { BP_LINE_MOST_TRIALS = 25 };

typedef struct bp_line_search {
    bp_line_point start; /* at 0 */
    bp_line_point trial;
    bp_line_point low;  /* best so far that decreases enough */
    bp_line_point high; /* once bracketed: the other end of an interval with a good point inside */
    bool bracketed;
    size_t trials;
} bp_line_search;

/* phi(0), phi'(0) < 0 and the first step to try, > 0. */
void bp_line_search_begin(bp_line_search *search, double value, double slope, double step);

/* What phi and phi' are at trial.step; a value or slope that is not finite means: too far. */
bp_line_state bp_line_search_tell(bp_line_search *search, double value, double slope);

#endif
