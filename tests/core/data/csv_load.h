/* A whole CSV body into a data set, fed in pieces of chosen sizes: for tests and the fuzzer. */
#ifndef BP_CSV_LOAD_H
#define BP_CSV_LOAD_H

#include "csv.h"

typedef struct csv_pieces {
    size_t first; /* bytes of the first piece */
    size_t then;  /* bytes of each piece after it, > 0 */
} csv_pieces;

/* NULL where defaults do: the builder's options and the parser's. */
typedef struct csv_settings {
    const bp_dataset_options *dataset;
    const bp_csv_options *csv;
} csv_settings;

/* Errors are those of the builder and the parser. */
BP_NODISCARD bp_status csv_load_with(bp_dataset **out, bp_cell body, const csv_settings *settings,
                                     csv_pieces pieces, bp_error *err);

/* `target` as in bp_dataset_options. Errors are those of the builder and the parser. */
BP_NODISCARD bp_status csv_load(bp_dataset **out, bp_cell body, const char *target,
                                csv_pieces pieces, bp_error *err);

#endif
