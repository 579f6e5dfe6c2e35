/* Rows of a data set as the inputs of a network: a recipe meets data. What depends on the data, the
 * places of its columns and the codes of its labels, is worked out once; a row is then a short list
 * of copies. Its bits do not depend on the rows beside it. */
#ifndef BP_ENCODER_H
#define BP_ENCODER_H

#include "dataset.h"
#include "snapshot.h"

typedef struct bp_encoder bp_encoder;

/* For a bound model, or one without names, and rows of `data`, both borrowed. *out NULL: rows of x
 * are the inputs. Columns are matched by name; others of the data have no part. INVALID: "/dataset"
 * a column is not there or of another type, a logarithm of a number <= -1, a missing value where
 * the rule is refuse; "/model" other inputs, of a model without a recipe. NO_MEMORY. */
BP_NODISCARD bp_status bp_encoder_new(bp_encoder **out, const bp_snapshot *model,
                                      const bp_dataset *data, bp_error *err);
/* The same before there is a model. */
BP_NODISCARD bp_status bp_encoder_of_recipe(bp_encoder **out, const bp_recipe *recipe,
                                            const bp_dataset *data, bp_error *err);
void bp_encoder_free(bp_encoder *encoder); /* NULL is allowed */

/* Rows index[0..rows) of the data (NULL: first, first + 1, ..) to out [rows, inputs], unscaled. Any
 * thread; allocates nothing. */
void bp_encoder_write(const bp_encoder *encoder, const uint32_t *index, size_t first, size_t rows,
                      float *out);

/* Raw rows [rows, recipe cells], labels as places, to out [rows, recipe inputs]. NO_MEMORY. */
BP_NODISCARD bp_status bp_encode_cells(float *out, const bp_recipe *recipe, const float *cells,
                                       size_t rows, bp_error *err);

/* Which rows take no part: 1 where a column whose rule is drop has no value. *out NULL: all take
 * part; else the caller's, [data rows]. INVALID as bp_encoder_new. NO_MEMORY. */
BP_NODISCARD bp_status bp_encoder_excluded(uint8_t **out, const bp_recipe *recipe,
                                           const bp_dataset *data, bp_error *err);

#endif
