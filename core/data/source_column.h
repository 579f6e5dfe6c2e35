/* A column as the client has it: its type, what it is for, and the cells that are kept of it. */
#ifndef BP_SOURCE_COLUMN_H
#define BP_SOURCE_COLUMN_H

#include <stdbool.h>

#include "names.h"
#include "vocabulary.h"

#define BP_COLUMN_TYPE_TABLE(X)                                                                    \
    X(NUMERIC, "numeric", "one cell, the number")                                                  \
    X(BOOLEAN, "boolean", "one cell, the index of its label: yes, no, true, false, t, f, y, n")    \
    X(CATEGORICAL, "categorical", "one cell, the index of its label")                              \
    X(DATETIME, "datetime", "seven cells: year, month, day, weekday, hour, minute, second")        \
    X(TEXT, "text", "kept out: a network has no use for it")

#define BP_COLUMN_ROLE_TABLE(X)                                                                    \
    X(FEATURE, "feature", "what the model sees")                                                   \
    X(TARGET, "target", "what it learns")                                                          \
    X(WEIGHT, "weight", "how much the row counts")                                                 \
    X(IGNORED, "ignored", "nothing")

#define X(name, wire, meaning) BP_COLUMN_##name,
typedef enum bp_column_type { BP_COLUMN_TYPE_TABLE(X) BP_COLUMN_TYPE_COUNT } bp_column_type;
#undef X
#define X(name, wire, meaning) BP_ROLE_##name,
typedef enum bp_column_role { BP_COLUMN_ROLE_TABLE(X) BP_ROLE_COUNT } bp_column_role;
#undef X
extern const bp_vocabulary bp_column_types, bp_column_roles;

typedef struct bp_source_column {
    char *name; /* owned */
    bp_column_type type;
    bp_column_role role;
    bool is_declared; /* the type, by who uploaded it: then labels are kept as they are written */
    size_t first;     /* of a feature: its first cell in a row of x; of a target: its column in y */
    size_t cells;    /* of a feature: how many; an ignored column may still have one, without use */
    bp_names labels; /* of a categorical or boolean feature: by index, as they first appeared */
} bp_source_column;

/* Cells that a feature of this type takes in a row of x. */
size_t bp_column_cells(bp_column_type type);

/* The name of cell `i` of a column: its own, or "when.month". Writes at most `size` bytes with the
 * terminator; returns what snprintf does. */
int bp_column_cell_name(const bp_source_column *column, size_t i, char *out, size_t size);

/* Frees an array of `count` columns and what they hold; NULL is allowed. */
void bp_source_columns_free(bp_source_column *columns, size_t count);

/* A deep copy, the caller's. NO_MEMORY. */
BP_NODISCARD bp_status bp_source_columns_copy(bp_source_column **out, const bp_source_column *from,
                                              size_t count, bp_error *err);

#endif
