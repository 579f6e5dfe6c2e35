/* Records of CSV that lie whole in memory and hold nothing difficult, straight into the builder. */
#ifndef BP_CSV_FAST_H
#define BP_CSV_FAST_H

#include "csv_options.h"

typedef struct bp_csv_late {
    size_t column;
    bp_cell cell;
} bp_csv_late;

/* Zeroed at first. */
typedef struct bp_csv_fast {
    bp_dataset_builder *builder; /* borrowed; NULL: not open */
    const bp_cell_plan *plan;    /* [columns] */
    size_t columns;
    bp_csv_late *late; /* [columns] a record's cells that are for bp_dataset_builder_cell */
    char separator, comment;
    bool stops[256]; /* characters that no unquoted cell holds */
} bp_csv_fast;

/* The builder has had its header, options->separator is known. NO_MEMORY. */
BP_NODISCARD bp_status bp_csv_fast_open(bp_csv_fast *fast, bp_dataset_builder *builder,
                                        const bp_csv_options *options, bp_error *err);
void bp_csv_fast_close(bp_csv_fast *fast);

/* Takes records from *bytes on, which is the beginning of one, and moves *bytes to the first that
 * it leaves: one that does not end before `end`, is a comment, blank, of the wrong width or too
 * long, or holds a NUL, a lone carriage return or quotes but for those around a cell. `*line`, that
 * of *bytes, follows. Whatever the builder says that it does not skip; *bytes and *line are then of
 * no use. */
BP_NODISCARD bp_status bp_csv_fast_take(bp_csv_fast *fast, const char **bytes, const char *end,
                                        uint64_t *line, bp_error *err);

#endif
