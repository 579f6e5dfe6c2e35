/* Data sets that come in: new ones, rows that follow, and a target by itself. A body is worked on
 * as it comes (server/formats); only small JSON is gathered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_join.h"
#include "dataset_json.h"
#include "media_type.h"
#include "registry.h"
#include "reply.h"
#include "resources.h"
#include "table_upload.h"

/* Numbers of an array that has to be turned in memory: 2 GiB of them. */
static const uint64_t GATHERED_LIMIT = (uint64_t)1 << 29;

/* --- what is asked for ------------------------------------------------------------------------ */

static const char *const on_error_words[] = {"abort", "skip", NULL};
static const char *const header_words[] = {"true", "false", NULL};
static const char *const format_words[] = {
#define X(name, wire, media) wire,
    BP_TABLE_FORMAT_TABLE(X)
#undef X
        NULL};
enum { ON_ERROR, FORMAT, HEADER, SEPARATOR, COMMENT, MISSING, READING_COUNT };
#define READING_ROWS                                                                               \
    [ON_ERROR] = {.name = "on_error", .words = on_error_words},                                    \
    [FORMAT] = {.name = "format", .words = format_words},                                          \
    [HEADER] = {.name = "header", .words = header_words}, [SEPARATOR] = {.name = "separator"},     \
    [COMMENT] = {.name = "comment"}, [MISSING] = {.name = "missing"}

enum { TARGET = READING_COUNT, WEIGHT, IGNORE, TYPES };
const bp_parameter bp_dataset_put_parameters[] = {READING_ROWS,
                                                  [TARGET] = {.name = "target"},
                                                  [WEIGHT] = {.name = "weight"},
                                                  [IGNORE] = {.name = "ignore"},
                                                  [TYPES] = {.name = "types"},
                                                  {0}};
const bp_parameter bp_dataset_rows_parameters[] = {READING_ROWS, {0}};
enum { NAME = READING_COUNT };
const bp_parameter bp_dataset_target_parameters[] = {READING_ROWS, [NAME] = {.name = "name"}, {0}};

/* The parameters of all three routes begin alike, and are found by their names. */
static const char *asked(const bp_call *call, size_t parameter) {
    return bp_query_text(call->query, &bp_dataset_put_parameters[parameter]);
}

static uint64_t asked_word(const bp_call *call, size_t parameter) {
    return bp_query_number(call->query, &bp_dataset_put_parameters[parameter]);
}

/* One byte, or its name. */
static bp_status read_byte(const bp_call *call, size_t parameter, char *out, bp_error *err) {
    static const struct {
        const char *name;
        char byte;
    } names[] = {{"tab", '\t'}, {"comma", ','}, {"semicolon", ';'}, {"pipe", '|'}, {"space", ' '}};
    const char *text = asked(call, parameter);
    for (size_t i = 0; text != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, text) == 0) {
            *out = names[i].byte;
            return BP_OK;
        }
    }
    if (text != NULL && strlen(text) != 1) {
        return bp_fail(err, BP_INVALID, NULL,
                       "query parameter '%s' is one character, or tab, comma, semicolon, pipe or "
                       "space, found '%.40s'",
                       bp_dataset_put_parameters[parameter].name, text);
    }
    *out = text != NULL ? *text : '\0';
    return BP_OK;
}

static const struct media_format {
    const char *const *types; /* ended by NULL */
    bp_table_format format;
} media_formats[] = {
    {(const char *const[]){"text/csv", NULL}, BP_TABLE_CSV},
    {(const char *const[]){"text/tab-separated-values", NULL}, BP_TABLE_TSV},
    {(const char *const[]){"application/x-ndjson", "application/ndjson", "application/jsonl", NULL},
     BP_TABLE_NDJSON},
    {(const char *const[]){"application/x-npy", NULL}, BP_TABLE_NPY},
    {(const char *const[]){"application/x-idx", NULL}, BP_TABLE_IDX},
    {(const char *const[]){"application/x-safetensors", NULL}, BP_TABLE_SAFETENSORS},
};

/* ?format=, or what the type says; else the first bytes tell. */
static void read_format(const bp_call *call, bp_table_options *options) {
    if (asked(call, FORMAT) != NULL) {
        options->has_format = true;
        options->format = (bp_table_format)asked_word(call, FORMAT);
        return;
    }
    for (size_t i = 0; i < sizeof media_formats / sizeof *media_formats; i++) {
        if (bp_media_is_among(call->content_type, media_formats[i].types)) {
            options->has_format = true;
            options->format = media_formats[i].format;
        }
    }
}

static bp_status read_options(const bp_call *call, bp_table_options *out, bp_error *err) {
    const char *target = asked(call, TARGET);
    bp_table_options options = {.dataset = {.target = target,
                                            .no_target = target != NULL && *target == '\0',
                                            .weight = asked(call, WEIGHT),
                                            .ignore = asked(call, IGNORE),
                                            .types = asked(call, TYPES),
                                            .missing = asked(call, MISSING),
                                            .skip_rejects = asked_word(call, ON_ERROR) == 1},
                                .csv = {.no_header = asked_word(call, HEADER) == 1},
                                .limit_bytes = call->options->max_upload_bytes,
                                .gathered_limit = GATHERED_LIMIT};
    read_format(call, &options);
    bp_status status = read_byte(call, SEPARATOR, &options.csv.separator, err);
    if (status == BP_OK) {
        status = read_byte(call, COMMENT, &options.csv.comment, err);
    }
    if (status == BP_OK) {
        *out = options;
    }
    return status;
}

/* --- what must be there ----------------------------------------------------------------------- */

/* If-Match and If-None-Match as bp_service_put_dataset takes them; tag [BP_ETAG_SIZE]. */
static bp_status read_condition(const bp_call *call, char *tag, const char **out, bp_error *err) {
    const bool match = call->if_match[0] != '\0';
    const char *given = match ? call->if_match : call->if_none_match;
    *out = NULL;
    if (*given == '\0') {
        return BP_OK;
    }
    if (strcmp(given, "*") == 0) {
        *out = match ? "*" : "";
        return BP_OK;
    }
    size_t size = strlen(given);
    if (!match || size < 3 || given[0] != '"' || strchr(given + 1, '"') != given + size - 1) {
        return bp_fail(err, BP_INVALID, NULL,
                       "If-Match takes one ETag in quotes or *, If-None-Match takes * here");
    }
    snprintf(tag, BP_ETAG_SIZE, "%.*s", (int)(size - 2), given + 1);
    *out = tag;
    return BP_OK;
}

/* What can be known before the body: the name, the condition, and that no job works on it. */
static bp_status check_place(const bp_call *call, bp_error *err) {
    char tag[BP_ETAG_SIZE];
    const char *expected;
    bp_status status = bp_registry_check_name(call->capture, err);
    if (status == BP_OK) {
        status = read_condition(call, tag, &expected, err);
    }
    if (status == BP_OK) {
        status = bp_service_expect_dataset(call->service, call->capture, expected, err);
    }
    bp_dataset_info info;
    if (status != BP_OK ||
        bp_service_get_dataset(call->service, call->capture, &info, NULL) != BP_OK) {
        return status;
    }
    if (info.jobs > 0) {
        status = bp_fail(err, BP_CONFLICT, NULL, "data set '%s' is used by %zu unfinished job%s",
                         info.name, info.jobs, info.jobs == 1 ? "" : "s");
    }
    bp_dataset_info_clear(&info);
    return status;
}

/* --- a body as it comes ----------------------------------------------------------------------- */

typedef struct upload {
    bp_table_upload *table;
    bp_dataset_draft *draft; /* where the rows go; NULL: they stay in memory */
    bp_dataset_info base;    /* what rows or a target are added to; dataset NULL: nothing */
} upload;

static void free_upload(void *stream) {
    upload *up = stream;
    if (up != NULL) {
        bp_table_upload_free(up->table);
        bp_dataset_draft_free(up->draft);
        bp_dataset_info_clear(&up->base);
        free(up);
    }
}

/* `adds`: to a data set that must be there. */
static bp_status begin_upload(const bp_call *call, bool adds, bp_table_options *options,
                              upload **out, bp_error *err) {
    bp_status status = check_place(call, err);
    if (status == BP_OK) {
        status = read_options(call, options, err);
    }
    upload *up = status == BP_OK ? calloc(1, sizeof *up) : NULL;
    if (status == BP_OK && up == NULL) {
        status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for an upload");
    }
    if (status == BP_OK) {
        status = bp_service_begin_dataset(call->service, &up->draft, err);
    }
    if (status == BP_OK && adds) {
        status = bp_service_get_dataset(call->service, call->capture, &up->base, err);
    }
    if (status == BP_OK) {
        options->dataset.file = bp_dataset_draft_file(up->draft);
    }
    if (status != BP_OK) {
        free_upload(up);
        return status;
    }
    *out = up;
    return BP_OK;
}

static bp_status end_begin(upload *up, const bp_table_options *options, void **stream,
                           bp_error *err) {
    bp_status status = bp_table_upload_new(&up->table, options, err);
    if (status != BP_OK) {
        free_upload(up);
        return status;
    }
    *stream = up;
    return BP_OK;
}

static bp_status open_dataset(const bp_call *call, void **stream, bp_error *err) {
    bp_table_options options;
    upload *up;
    bp_status status = begin_upload(call, false, &options, &up, err);
    return status == BP_OK ? end_begin(up, &options, stream, err) : status;
}

static bp_status open_rows(const bp_call *call, void **stream, bp_error *err) {
    bp_table_options options;
    upload *up;
    bp_status status = begin_upload(call, true, &options, &up, err);
    if (status == BP_OK) {
        options.base = up->base.dataset;
        status = end_begin(up, &options, stream, err);
    }
    return status;
}

static bp_status open_target(const bp_call *call, void **stream, bp_error *err) {
    bp_table_options options;
    upload *up;
    bp_status status = begin_upload(call, true, &options, &up, err);
    if (status == BP_OK) {
        options.dataset.no_target = true;
        options.dataset.file = NULL;          /* what goes there is the joined one */
        options.dataset.skip_rejects = false; /* a row less, and all after it would be others' */
        status = end_begin(up, &options, stream, err);
    }
    return status;
}

static bp_status feed_upload(void *stream, const char *bytes, size_t size, bp_error *err) {
    return bp_table_upload_feed(((upload *)stream)->table, bytes, size, err);
}

static const char *const upload_types[] = {"text/csv",
                                           "text/tab-separated-values",
                                           "text/plain",
                                           "application/x-ndjson",
                                           "application/ndjson",
                                           "application/jsonl",
                                           "application/x-npy",
                                           "application/x-idx",
                                           "application/x-safetensors",
                                           "application/gzip",
                                           "application/x-gzip",
                                           "application/octet-stream",
                                           NULL};
const bp_stream bp_dataset_stream = {
    .types = upload_types, .open = open_dataset, .feed = feed_upload, .free = free_upload};
const bp_stream bp_rows_stream = {
    .types = upload_types, .open = open_rows, .feed = feed_upload, .free = free_upload};
const bp_stream bp_target_stream = {
    .types = upload_types, .open = open_target, .feed = feed_upload, .free = free_upload};

/* --- the end ---------------------------------------------------------------------------------- */

/* Stores the data set, whose reference it takes, and answers as GET does. */
static bp_status keep(bp_call *call, bp_dataset *data, const char *expected, bp_error *err) {
    bool created = false;
    const bp_dataset_put how = {.draft =
                                    call->stream != NULL ? ((upload *)call->stream)->draft : NULL,
                                .expected = expected};
    bp_status status =
        bp_service_put_dataset(call->service, call->capture, data, &how, &created, err);
    bp_dataset_unref(data);
    if (status == BP_OK) {
        status = bp_handle_get_dataset(call, err);
    }
    if (status == BP_OK && created) {
        call->response->status = 201;
        status = bp_reply_header(call->response, err, "Location", "/v1/datasets/%s", call->capture);
    }
    return status;
}

static bp_status build(const bp_call *call, bp_dataset **out, bp_error *err) {
    if (call->stream != NULL) {
        return bp_table_upload_finish(((upload *)call->stream)->table, out, err);
    }
    bp_table_options options;
    bp_status status = check_place(call, err);
    if (status == BP_OK) {
        status = read_options(call, &options, err);
    }
    return status == BP_OK ? bp_dataset_from_json(out, call->body, &options.dataset, err) : status;
}

bp_status bp_handle_put_dataset(bp_call *call, bp_error *err) {
    char tag[BP_ETAG_SIZE];
    const char *expected;
    bp_dataset *data = NULL;
    bp_status status = read_condition(call, tag, &expected, err);
    if (status == BP_OK) {
        status = build(call, &data, err);
    }
    return status == BP_OK ? keep(call, data, expected, err) : status;
}

/* What was made from a data set takes its place, as long as that is still there. */
static bp_status keep_in_place(bp_call *call, bp_dataset *base, bp_dataset *data, bp_error *err) {
    bp_status status = bp_dataset_check(base, err); /* damage must not get a digest of its own */
    if (status != BP_OK) {
        bp_dataset_unref(data);
        return status;
    }
    status = keep(call, data, base->sha256, err);
    if (status == BP_PRECONDITION) {
        return bp_fail(err, BP_CONFLICT, NULL,
                       "data set '%s' was replaced while the rows came; nothing was added",
                       call->capture);
    }
    return status;
}

bp_status bp_handle_post_rows(bp_call *call, bp_error *err) {
    bp_dataset_info base = {0};
    bp_dataset *data = NULL;
    bp_status status = BP_OK;
    if (call->stream != NULL) {
        base = ((upload *)call->stream)->base;
        ((upload *)call->stream)->base = (bp_dataset_info){0}; /* taken */
        status = build(call, &data, err);
    } else {
        status = check_place(call, err);
        if (status == BP_OK) {
            status = bp_service_get_dataset(call->service, call->capture, &base, err);
        }
        if (status == BP_OK) {
            status = bp_dataset_append_json(&data, base.dataset, call->body, err);
        }
    }
    if (status == BP_OK) {
        status = keep_in_place(call, base.dataset, data, err);
    }
    bp_dataset_info_clear(&base);
    return status;
}

/* The name that is asked for, or that the column has; a column that has none is "target". */
static const char *target_name(const bp_call *call, const bp_dataset *column) {
    const char *name = bp_query_text(call->query, &bp_dataset_target_parameters[NAME]);
    if (name != NULL && *name != '\0') {
        return name;
    }
    return strcmp(column->source[0].name, "c0") != 0 ? column->source[0].name : "target";
}

bp_status bp_handle_put_target(bp_call *call, bp_error *err) {
    if (call->stream == NULL) {
        return bp_fail(err, BP_INVALID, NULL, "a target comes as CSV, NDJSON, NPY or IDX");
    }
    upload *up = call->stream;
    bp_dataset *column = NULL, *data = NULL;
    bp_status status = bp_table_upload_finish(up->table, &column, err);
    if (status == BP_OK) {
        status = bp_dataset_join_target(&data, up->base.dataset, column, target_name(call, column),
                                        bp_dataset_draft_file(up->draft), err);
    }
    if (status == BP_OK) {
        status = keep_in_place(call, up->base.dataset, data, err);
    }
    bp_dataset_unref(column);
    return status;
}
