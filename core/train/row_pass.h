/* The work on rows: forward through the layers, the loss, and backward to dl/ds(1). Rows do not
 * depend on one another, so any tile of rows can be done by any worker. */
#ifndef BP_ROW_PASS_H
#define BP_ROW_PASS_H

#include "encoder.h"
#include "kernels.h"
#include "noise.h"
#include "row_buffers.h"
#include "snapshot.h"
#include "stopwatch.h"
#include "targets.h"

typedef struct bp_row_pass {
    const bp_kernels *kernels;
    const bp_network *network;
    const float *parameters;
    const float *input_mean, *input_scale; /* [width[0]] */
    const float *data;                     /* [*, width[0]] inputs, not scaled yet */
    const bp_encoder *encoder;             /* NULL, or where they come from in place of `data` */
    const uint32_t *index;     /* rows of `data`, by row of the minibatch; NULL: 0, 1, .. */
    const bp_targets *targets; /* NULL: outputs only */
    const bp_row_buffers *buffers;
    float scale;           /* of the loss's derivative: 1/B */
    const bp_noise *noise; /* NULL: none. Dropout needs buffers for it, and a backward pass with
                              those needs dropout */
    /* by row of `data`: what each row's loss and its derivative are multiplied by; NULL: nothing */
    const float *weights;
    size_t segment; /* of the buffers', that goes backward; 0 is all where there is one */
} bp_row_pass;

/* Rows [first, first + rows) of the minibatch: fills x(0)..x(L) and, with targets, loss. */
void bp_row_pass_forward(const bp_row_pass *pass, size_t first, size_t rows, float *scratch);

/* Fills x(0), x(L) and, with targets, loss. */
void bp_row_pass_outputs(const bp_row_pass *pass, size_t first, size_t rows, float *scratch);

/* Forward with all that backward needs, and dl/ds(l) for the layers of the segment. The last, which
 * comes first, begins at the rows and has the loss; a lower one begins again at the border below
 * it, after the one above. `laps` times the parts; NULL: not wanted. */
void bp_row_pass_both(const bp_row_pass *pass, size_t first, size_t rows, float *scratch,
                      bp_laps *laps);

/* The same by strips of units, for layers 1..l that have them and buffers of one segment. Each of
 * these reads what all strips of the one before wrote: inputs, forward 1..l, above, backward
 * l-1..1. Rows are [0, rows), those of inputs and above [first, first + rows). No dropout. */

/* Whether layer l has strips: its units do not depend on one another. */
bool bp_row_pass_has_strips(const bp_network *network, size_t l);
void bp_row_pass_inputs(const bp_row_pass *pass, size_t first, size_t rows);
void bp_row_pass_forward_strip(const bp_row_pass *pass, size_t l, bp_strip strip, size_t rows);
/* Forward from x(l), the loss, and backward to dl/ds(l). */
void bp_row_pass_above(const bp_row_pass *pass, size_t l, size_t first, size_t rows, float *scratch,
                       bp_laps *laps);
void bp_row_pass_backward_strip(const bp_row_pass *pass, size_t l, bp_strip strip, size_t rows);

#endif
