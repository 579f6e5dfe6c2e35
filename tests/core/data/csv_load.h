/* A whole CSV body into a data set, fed in pieces of chosen sizes: for tests and the fuzzer. */
#ifndef BP_CSV_LOAD_H
#define BP_CSV_LOAD_H

#include "csv.h"

typedef struct csv_pieces {
    size_t first; /* bytes of the first piece */
    size_t then;  /* bytes of each piece after it, > 0 */
} csv_pieces;

/* `target` as in bp_dataset_options. Errors are those of the builder and the parser. */
BP_NODISCARD bp_status csv_load(bp_dataset **out, bp_cell body, const char *target,
                                csv_pieces pieces, bp_error *err);

#endif
