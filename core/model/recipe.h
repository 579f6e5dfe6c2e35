/* A recipe: how a raw row becomes the inputs of a network, fitted to the training rows.
 *
 * A raw row is the cells of the feature columns in the order in which the first data set had them;
 * NAN: missing. A number is itself, a boolean 0 or 1, a moment its seven parts, a label the index
 * of its input within its column, its place: labels.count is the place of all that are unseen. The
 * inputs that come of it are scaled by the snapshot's input_mean and input_scale. */
#ifndef BP_RECIPE_H
#define BP_RECIPE_H

#include "digest.h"
#include "names.h"
#include "preprocessing.h"

/* As the types of columns that are features (source_column.h). */
#define BP_RECIPE_TYPE_TABLE(X)                                                                    \
    X(NUMERIC, "numeric", "one cell, one input")                                                   \
    X(BOOLEAN, "boolean", "one cell, one input: 0 or 1")                                           \
    X(CATEGORICAL, "categorical", "one cell, an input for each label and one for the unseen")      \
    X(DATETIME, "datetime", "seven cells, as many inputs")

#define X(name, wire, meaning) BP_RECIPE_##name,
typedef enum bp_recipe_type { BP_RECIPE_TYPE_TABLE(X) BP_RECIPE_TYPE_COUNT } bp_recipe_type;
#undef X
extern const bp_vocabulary bp_recipe_types;

enum { BP_RECIPE_CELLS = 7 }; /* of a column, at most */

typedef struct bp_recipe_column {
    char *name; /* owned */
    bp_recipe_type type;
    bp_column_rule rule;
    float fill[BP_RECIPE_CELLS]; /* what stands for a missing cell, as a raw row has it; a label's
                                    place */
    bp_names labels;             /* by place: the most frequent first, of equals by bytes */
    size_t first, cells;         /* in a raw row */
    size_t input, inputs;        /* of the network; the indicator is the last of them */
} bp_recipe_column;

/* Zeroed: none, the inputs are rows as they are. */
typedef struct bp_recipe {
    size_t column_count;
    bp_recipe_column *columns; /* [column_count] owned */
    size_t cells, inputs;      /* of a row */
    bp_names missing_words;    /* that stand for a missing value in raw rows; none: the usual */
    bp_names skipped;          /* columns of the data that are neither features nor targets */
} bp_recipe;

/* A recipe of `count` columns, zeroed. NO_MEMORY. */
BP_NODISCARD bp_status bp_recipe_new(bp_recipe *out, size_t count, bp_error *err);
void bp_recipe_clear(bp_recipe *recipe);
/* Deep. NO_MEMORY. */
BP_NODISCARD bp_status bp_recipe_copy(bp_recipe *out, const bp_recipe *from, bp_error *err);

/* Bytes of the heap that it holds. */
size_t bp_recipe_bytes(const bp_recipe *recipe);

/* Cells of a raw row that a column of this type has. */
size_t bp_recipe_cells(bp_recipe_type type);

/* Sets first, cells, input and inputs of all columns, and the sums, from types, rules and labels.
 */
void bp_recipe_lay_out(bp_recipe *recipe);

/* A recipe of numeric columns with these names and the usual rule, laid out. NO_MEMORY. */
BP_NODISCARD bp_status bp_recipe_of_numbers(bp_recipe *out, const bp_names *names,
                                            const float *fill, bp_error *err);

/* The column of this name, or NULL; looks at `guess` first. */
const bp_recipe_column *bp_recipe_find(const bp_recipe *recipe, const char *name, size_t guess);

/* Whether inputs are cells as they are where none is missing: numbers, without logarithm and
 * indicator. So are those of no recipe. */
bool bp_recipe_keeps_numbers(const bp_recipe *recipe);
/* Moreover all rules but the scales are the usual: there is nothing to tell but names and fills. */
bool bp_recipe_is_plain(const bp_recipe *recipe);

/* Adds all that is fitted and the rules, in a fixed form; of a plain recipe nothing. */
void bp_recipe_digest(const bp_recipe *recipe, bp_digest *digest);

#endif
