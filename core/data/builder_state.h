/* What the parts of the builder share: dataset_builder.c (rows), builder_numbers.c (rows of
 * numbers), builder_layout.c (columns and their cells), builder_finish.c (the end). */
#ifndef BP_BUILDER_STATE_H
#define BP_BUILDER_STATE_H

#include "column_reader.h"
#include "dataset_columns.h"
#include "missing_words.h"
#include "row_spool.h"
#include "target_column.h"

struct bp_dataset_builder {
    char *target_option, *weight_option, *ignore_option, *types_option;
    bool no_target, skip_rejects;
    bp_missing_words missing;
    bp_dataset_columns columns; /* count 0: no header yet */
    bp_column_reader *reader;   /* [columns] */
    bp_cell_plan *plan;         /* [columns] */
    char **first_row;           /* [columns] its texts, until the cells are laid out; NULL after */
    bp_names features;          /* cells of a row of x */
    float *row;  /* [features + targets + weights] the row that is begun; NULL: not laid out */
    size_t lone; /* the column of a target that is alone; SIZE_MAX: there is none */
    bp_cell lone_cell;           /* of the row that is begun */
    bp_target_column target;     /* used where there is one target */
    bp_row_spool spool;          /* x */
    bp_file_digest *digest_of_x; /* of the end, where the spool had one; NULL: it had none */
    size_t rows, capacity;       /* of the next three */
    float *y;                    /* [capacity, targets] */
    int32_t *spelling;           /* [capacity], for one target */
    float *weight;               /* [capacity], where there is a weight */
    uint64_t numbers;            /* rows that came by bp_dataset_builder_numbers */
    bp_rejects rejects;
    uint64_t *non_finite; /* [columns] cells that were refused since they are no finite float32 */
    size_t *
        position; /* [columns] of the data set that goes on, by those of its rows; NULL: the same */
    bool has_header, is_finished;
};

/* Names, readers and the plan of the columns, all cells text: the first row decides. NO_MEMORY. */
BP_NODISCARD bp_status bp_builder_open_columns(bp_dataset_builder *builder, bp_error *err);
/* Types that are open become numeric, or datetime where first_row has a date; cells get their
 * places. NO_MEMORY. */
BP_NODISCARD bp_status bp_builder_lay_out(bp_dataset_builder *builder, bp_error *err);
/* When the first row needs its texts no more. */
void bp_builder_forget_first_row(bp_dataset_builder *builder);
/* Lays out columns that have types, cells and labels, to which rows can be added. NO_MEMORY. */
BP_NODISCARD bp_status bp_builder_go_on(bp_dataset_builder *builder, bp_error *err);
/* The columns of a data set that goes on, in the order of `names`, until bp_builder_restore_order.
 * INVALID: other columns. NO_MEMORY. */
BP_NODISCARD bp_status bp_builder_reorder(bp_dataset_builder *builder, const bp_names *names,
                                          bp_error *err);
BP_NODISCARD bp_status bp_builder_restore_order(bp_dataset_builder *builder, bp_error *err);
/* The row that is begun joins those that are kept. `lone`: the value of a target that is alone,
 * else NULL. NO_MEMORY, IO, TOO_LARGE. */
BP_NODISCARD bp_status bp_builder_keep_row(bp_dataset_builder *builder, const bp_target_value *lone,
                                           bp_error *err);
/* Enlarges *array to count * width floats or int32_t; false: no memory. */
bool bp_builder_enlarge(void *array, size_t count, size_t width);
/* Room for at least `rows` rows of targets and weights. NO_MEMORY, TOO_LARGE. */
BP_NODISCARD bp_status bp_builder_reserve(bp_dataset_builder *builder, size_t rows, bp_error *err);

#endif
