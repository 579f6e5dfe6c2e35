/* What a request gives of a model: raw rows, and the targets they should have. */
#ifndef BP_GIVEN_ROWS_H
#define BP_GIVEN_ROWS_H

#include "gradients.h"
#include "route_table.h"

/* Reads one row as bp_instance_read (instance_cells.h), of a model that has met no data an array of
 * inputs, and makes inputs of it, not scaled, [width[0]]. INVALID with the pointer of the value at
 * fault, "" where it is the row. NO_MEMORY. */
BP_NODISCARD bp_status bp_read_row(float *out, const bp_snapshot *model, const json_t *row,
                                   bp_error *err);
/* All rows of a body's "instances", [rows, width[0]]. INVALID "/instances/3/0",
 * "/instances/3/age". */
BP_NODISCARD bp_status bp_read_instances(float *out, const bp_snapshot *model,
                                         const json_t *instances, bp_error *err);

typedef struct bp_given {
    bp_model_info model; /* with weights; trained or not */
    bp_instances instances;
    bool has_targets;
    bp_targets targets;
    float *rows, *y; /* owned, behind instances and targets */
} bp_given;

/* Reads the rows and the targets (NULL: none) for the model of the path; the caller clears it.
 * A target is a label where the model has classes (7 is the label "7"), the index of a class where
 * it learns classes and has met none, else a number or an array of the outputs' numbers.
 * NOT_FOUND; CONFLICT: no weights yet; INVALID "/instances/3/0", "/targets/3"; TOO_LARGE
 * "/instances": more activations than BP_GIVEN_MAX_ACTIVATIONS; NO_MEMORY. */
BP_NODISCARD bp_status bp_given_read(bp_given *out, const bp_call *call, const json_t *instances,
                                     const json_t *targets, bp_error *err);
void bp_given_clear(bp_given *given);

/* x(0)..x(L) of all rows together; a request works on several such sets. */
#define BP_GIVEN_MAX_ACTIVATIONS ((size_t)1 << 22)

#endif
