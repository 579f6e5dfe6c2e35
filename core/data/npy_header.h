/* The text of an NPY header: {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 784), } */
#ifndef BP_NPY_HEADER_H
#define BP_NPY_HEADER_H

#include "array_number.h"
#include "array_sink.h"

typedef struct bp_npy_header {
    bp_number_format number;
    bool is_fortran_order;
    size_t rank;
    uint64_t dimension[BP_ARRAY_MAX_RANK]; /* [rank] */
} bp_npy_header;

/* `offset` is where the text begins in the file, for messages. Errors as in npy.h. Any thread. */
BP_NODISCARD bp_status bp_npy_header_parse(bp_npy_header *out, const char *text, size_t size,
                                           size_t offset, bp_error *err);

#endif
