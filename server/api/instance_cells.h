/* A row of a request as the cells of a raw row: what was written is read as an upload reads it. */
#ifndef BP_INSTANCE_CELLS_H
#define BP_INSTANCE_CELLS_H

#include <jansson.h>

#include "snapshot.h"

/* An array in the order of the model's columns, or an object by their names in any order, to cells
 * [recipe cells], NAN: missing. null, a field that is not there, an empty text and NA, ? and the
 * like are missing; a label that the model has not met has the place of the unseen. Fields of an
 * object may also be the model's targets and other columns of its data. INVALID with the pointer of
 * the value at fault, "" where it is the row: one of another kind, an unknown field, a missing
 * value that the column's rule does not take. The model has a recipe. */
BP_NODISCARD bp_status bp_instance_read(float *cells, const bp_snapshot *model, const json_t *row,
                                        bp_error *err);

#endif
