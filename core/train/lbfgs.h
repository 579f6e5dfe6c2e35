/* L-BFGS: a quasi-Newton method that keeps the last m changes of the parameters and of the gradient
 * in place of the inverse Hessian. Nocedal and Wright, "Numerical Optimization", 2006, algorithms
 * 7.4 and 7.5, with the line search of line_search.h. For a full batch.
 *
 * Vectors are float32, their dot products and all numbers that steer it double. */
#ifndef BP_LBFGS_H
#define BP_LBFGS_H

#include "byte_cursor.h"
#include "long_vectors.h"

enum { BP_LBFGS_MOST_HISTORY = 100 };

typedef struct bp_lbfgs bp_lbfgs;

typedef struct bp_objective_value {
    double value; /* f */
    double loss;  /* f without its penalties: for the report only */
} bp_objective_value;

/* What is minimised. `evaluate` gives f at the present parameters, and writes its gradient to where
 * `gradient` is; f may come out not finite, the gradient is then not read. */
typedef struct bp_objective {
    bp_objective_value (*evaluate)(void *context);
    void *context;
    float *parameters; /* [count], changed */
    float *gradient;   /* [count] */
} bp_objective;

typedef struct bp_lbfgs_settings {
    size_t history;   /* m, 1..BP_LBFGS_MOST_HISTORY */
    double tolerance; /* it has converged where no element of the gradient is larger */
} bp_lbfgs_settings;

typedef struct bp_lbfgs_report {
    double loss; /* before the iteration */
    double gradient_norm;
    size_t evaluations;
    bool converged; /* no further iteration would change anything */
} bp_lbfgs_report;

/* Vectors that it holds: s and y of each change, and the direction. */
static inline size_t bp_lbfgs_vectors(const bp_lbfgs_settings *settings) {
    return 2 * settings->history + 1;
}

/* Memory: bp_lbfgs_vectors of them. `vectors` and what `objective` points to are borrowed.
 * NO_MEMORY. */
BP_NODISCARD bp_status bp_lbfgs_new(bp_lbfgs **out, const bp_long_vectors *vectors,
                                    const bp_objective *objective,
                                    const bp_lbfgs_settings *settings, bp_error *err);
void bp_lbfgs_free(bp_lbfgs *lbfgs); /* NULL is allowed */

/* One iteration, whose first trial is `rate` times the direction; without history, and so without a
 * scale, it is rate min(1, 1 / |g|_1). Allocates nothing. False: f is not finite where the
 * iteration begins; the parameters stay. */
bool bp_lbfgs_iterate(bp_lbfgs *lbfgs, double rate, bp_lbfgs_report *report);

/* State as bytes, between iterations: whether it has begun; value, loss and scale; how many changes
 * are kept, and the next one's place; rho of each place; the gradient; s and y of each place. The
 * parameters are not among them. Getting looks at the numbers before it changes anything; of arrays
 * that end too early it has read some. */
void bp_lbfgs_exchange(bp_lbfgs *lbfgs, bp_byte_cursor *cursor);

#endif
