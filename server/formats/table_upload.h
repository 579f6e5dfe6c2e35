/* A body in any format that holds a table, as it comes, into a data set: what it is, its
 * decompression, its parser and the builder behind it. Restartable at any byte. */
#ifndef BP_TABLE_UPLOAD_H
#define BP_TABLE_UPLOAD_H

#include "csv.h"
#include "csv_options.h"

#define BP_TABLE_FORMAT_TABLE(X)                                                                   \
    X(CSV, "csv", "text/csv")                                                                      \
    X(TSV, "tsv", "text/tab-separated-values")                                                     \
    X(NDJSON, "ndjson", "application/x-ndjson")                                                    \
    X(NPY, "npy", "application/x-npy")                                                             \
    X(IDX, "idx", "application/x-idx")                                                             \
    X(SAFETENSORS, "safetensors", "application/x-safetensors")

#define X(name, wire, media) BP_TABLE_##name,
typedef enum bp_table_format { BP_TABLE_FORMAT_TABLE(X) BP_TABLE_FORMAT_COUNT } bp_table_format;
#undef X
extern const bp_vocabulary bp_table_formats; /* formulas: media types */

typedef struct bp_table_options {
    bp_dataset_options dataset; /* arrays have a target only where one is named */
    const bp_dataset *base;     /* borrowed until the end; the rows follow its own. NULL: new */
    bp_csv_options csv;
    bool has_format;
    bp_table_format format;  /* where has_format; else the first bytes tell */
    uint64_t limit_bytes;    /* of the body when decompressed */
    uint64_t gathered_limit; /* numbers of an array that has to be turned: array_reader.h */
} bp_table_options;

typedef struct bp_table_upload bp_table_upload;

/* INVALID, NO_MEMORY as bp_dataset_builder_new. */
BP_NODISCARD bp_status bp_table_upload_new(bp_table_upload **out, const bp_table_options *options,
                                           bp_error *err);
void bp_table_upload_free(bp_table_upload *upload); /* NULL is allowed */

/* The next bytes, cut anywhere. Errors of the format's parser and of the builder, of a large body
 * perhaps some pieces after the wrong one; after one it is only repeated. Any one thread at a time.
 */
BP_NODISCARD bp_status bp_table_upload_feed(bp_table_upload *upload, const char *bytes, size_t size,
                                            bp_error *err);
/* The end of the body. INVALID: it is empty; and as above. *format tells what it was. */
BP_NODISCARD bp_status bp_table_upload_finish(bp_table_upload *upload, bp_dataset **out,
                                              bp_error *err);

#endif
