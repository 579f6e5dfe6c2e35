/* How a CSV body is written. */
#ifndef BP_CSV_OPTIONS_H
#define BP_CSV_OPTIONS_H

#include <stdbool.h>

#include "dataset_builder.h"

typedef struct bp_csv_options {
    char separator; /* 0: the one of , ; tab | that is most frequent in the first line */
    bool no_header; /* no line names the columns: they are c0, c1, ... */
    char comment;   /* lines that begin with it are skipped; 0: none */
} bp_csv_options;

/* INVALID, with the field "/separator" or "/comment": a character that is part of numbers, names or
 * lines, or one that is both. */
BP_NODISCARD bp_status bp_csv_options_check(const bp_csv_options *options, bp_error *err);

/* The separator that the first line seems to have, which is a comma where there is none. What is
 * quoted does not count. */
char bp_csv_find_separator(bp_cell line);

#endif
