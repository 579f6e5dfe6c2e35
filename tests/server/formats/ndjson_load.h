/* A whole NDJSON body into a data set, fed in pieces of chosen sizes: for tests and the fuzzer. */
#ifndef BP_NDJSON_LOAD_H
#define BP_NDJSON_LOAD_H

#include "array_load.h"
#include "ndjson.h"

/* Errors are those of the builder and the parser. */
BP_NODISCARD bp_status ndjson_load(bp_dataset **out, bp_cell body,
                                   const bp_dataset_options *options, array_pieces pieces,
                                   bp_error *err);

#endif
