/* Where a cell stands, for messages. */
#ifndef BP_CELL_PLACE_H
#define BP_CELL_PLACE_H

#include "dataset.h"

typedef struct bp_cell_place {
    uint64_t line;    /* 0: there is none */
    uint64_t column;  /* 1-based */
    const char *name; /* of the column */
} bp_cell_place;

/* Fills an error with the place and a message such as "line 3, column 4 ('p3'): 'abc' is not a
 * number", where `complaint` says what follows the excerpt of the cell ("is not a number"). */
bp_status bp_cell_fail(bp_error *err, bp_status code, const bp_cell_place *place, bp_cell cell,
                       const char *complaint);

/* An empty cell: "line 3, column 4: the row has no value for 'p3'". INVALID. */
bp_status bp_cell_fail_empty(bp_error *err, const bp_cell_place *place);

#endif
