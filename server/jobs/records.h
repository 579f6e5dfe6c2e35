/* What the store keeps of models, data sets and jobs: JSON that describes, a blob of numbers.
 *
 * Most writing functions are parts of a batch; the others block until durable (slow threads, no
 * lock is held) and do nothing with a NULL store. Reading functions take an object of
 * bp_store_load; a record that cannot be understood is IO, naming it. Numbers come back with the
 * same bits. */
#ifndef BP_RECORDS_H
#define BP_RECORDS_H

#include "job.h"
#include "service.h"
#include "store.h"
#include "word_blob.h"

/* Fills a zeroed info; its snapshot is the caller's. */
BP_NODISCARD bp_status bp_record_read_model(const bp_store_object *object, bp_model_info *out,
                                            bp_error *err);

/* As bp_store_batch_put. */
BP_NODISCARD bp_status bp_record_add_model(bp_store_batch *batch, const bp_model_info *info,
                                           bp_error *err);

/* A version of a model: `info` is the model with the version's weights and creation. */
BP_NODISCARD bp_status bp_record_add_version(bp_store_batch *batch, const char *version,
                                             const bp_model_info *info, bp_error *err);
BP_NODISCARD bp_status bp_record_drop_version(bp_store_batch *batch, const char *model,
                                              const char *version, bp_error *err);

/* The weights that job `id` began with, as a model of its own. */
BP_NODISCARD bp_status bp_record_add_start(bp_store_batch *batch, uint64_t id,
                                           const bp_model_info *info, bp_error *err);
/* What job `from` began with becomes job `to`'s too; nothing where none was kept. */
BP_NODISCARD bp_status bp_record_copy_start(bp_store_batch *batch, bp_store *store, uint64_t from,
                                            uint64_t to, bp_error *err);
/* Fills a zeroed info; its snapshot is the caller's. NOT_FOUND: none was kept. */
BP_NODISCARD bp_status bp_record_get_start(bp_store *store, uint64_t id, bp_model_info *out,
                                           bp_error *err);

/* `draft` is the file that x may lie in already (info->dataset's mapping is of it), or NULL. It is
 * spent, also by a failure. INVALID: a name or label is not UTF-8. IO: the disk is full, or failed.
 */
BP_NODISCARD bp_status bp_record_put_dataset(bp_store *store, const bp_dataset_info *info,
                                             bp_store_draft *draft, bp_error *err);
/* Where the blob is large, the data set lies in its mapping, and is_unchecked is set where nobody
 * has compared it with its SHA-256. */
BP_NODISCARD bp_status bp_record_read_dataset(const bp_store_object *object, bp_dataset_info *out,
                                              bp_error *err);

/* The facts of a job, its edits, and, where it is asked for, its history, which is a blob, not
 * JSON: a million points are 72 MB so, and ten times that as JSON. Takes job->lock; the history is
 * the driver's to ask for. */
BP_NODISCARD bp_status bp_record_add_job(bp_store_batch *batch, bp_job *job,
                                         const bp_job_info *facts, bool with_history,
                                         bp_error *err);
/* Fills zeroed `out` and `parts` (history and edits), the caller's to clear. */
BP_NODISCARD bp_status bp_record_read_job(const bp_store_object *object, bp_job_info *out,
                                          bp_job_parts *parts, bp_error *err);
/* All that is kept of a job, its checkpoints' steps [count] among it. */
BP_NODISCARD bp_status bp_record_forget_job(bp_store_batch *batch, uint64_t id,
                                            const bp_job_checkpoint *checkpoints, size_t count,
                                            bp_error *err);

/* Points as words of a blob, and back; false: the blob ends before, or memory is short. */
enum { BP_POINT_WORDS = 9 };
void bp_record_put_points(bp_word_blob *blob, const bp_job_point *points, size_t count);
BP_NODISCARD bool bp_record_get_points(bp_word_blob *blob, size_t words, size_t count,
                                       bp_job_points *out);

#endif
