#include "validation_json.h"

#include <stdio.h>
#include <string.h>

#include "json_fields.h"
#include "trainer.h"
#include "validation_interval.h"

enum { MOST_FIELDS = 7 };

typedef struct validation_body {
    bp_split_options options;
    const char *order, *column, *dataset;
} validation_body;

#define OPTION(member) (offsetof(validation_body, options) + offsetof(bp_split_options, member))
#define FRACTION                                                                                   \
    { .name = "fraction", .type = BP_FIELD_DOUBLE, .offset = OPTION(fraction) }
#define STRATIFY                                                                                   \
    { .name = "stratify", .type = BP_FIELD_BOOL, .offset = OPTION(stratify) }
#define ORDER                                                                                      \
    { .name = "order", .type = BP_FIELD_STRING, .offset = offsetof(validation_body, order) }
#define COLUMN(wire, needed)                                                                       \
    {                                                                                              \
        .name = (wire), .type = BP_FIELD_STRING, .required = (needed),                             \
        .offset = offsetof(validation_body, column)                                                \
    }
/* When the held-out rows are looked at; the same for all kinds. */
#define INTERVAL(offset_of)                                                                        \
    {.name = "every_epochs",                                                                       \
     .type = BP_FIELD_COUNT,                                                                       \
     .min = 1,                                                                                     \
     .max = BP_MAX_EPOCHS,                                                                         \
     .offset = offset_of(every_epochs)},                                                           \
        {.name = "every_steps", .type = BP_FIELD_COUNT, .offset = offset_of(every_steps)}, {       \
        .name = "max_share", .type = BP_FIELD_FLOAT, .offset = offset_of(max_share)                \
    }

/* What each kind's object may hold. */
static const bp_field fields[BP_SPLIT_KIND_COUNT][MOST_FIELDS] = {
    [BP_SPLIT_FRACTION] = {FRACTION, STRATIFY, ORDER, INTERVAL(OPTION)},
    [BP_SPLIT_LAST] = {FRACTION, ORDER, INTERVAL(OPTION)},
    [BP_SPLIT_TIME] = {FRACTION, ORDER, COLUMN("time_column", false), INTERVAL(OPTION)},
    [BP_SPLIT_FOLDS] =
        {{.name = "folds", .type = BP_FIELD_COUNT, .offset = OPTION(folds)},
         {.name = "fold", .type = BP_FIELD_COUNT, .required = true, .offset = OPTION(fold)},
         STRATIFY,
         INTERVAL(OPTION)},
    [BP_SPLIT_COLUMN] = {COLUMN("column", true),
                         {.name = "value", .type = BP_FIELD_IGNORED},
                         INTERVAL(OPTION)},
    [BP_SPLIT_DATASET] = {{.name = "dataset",
                           .type = BP_FIELD_STRING,
                           .offset = offsetof(validation_body, dataset)},
                          INTERVAL(OPTION)},
};

/* The first of these that is given decides; of "order" the word does. */
static const struct {
    const char *name;
    bp_split_kind kind;
} tellers[] = {
    {"dataset", BP_SPLIT_DATASET},
    {"column", BP_SPLIT_COLUMN},
    {"folds", BP_SPLIT_FOLDS},
};
enum { TELLERS = sizeof tellers / sizeof *tellers };

static const char *const order_names[] = {"random", "last", "time"};
static const bp_split_kind order_kinds[] = {BP_SPLIT_FRACTION, BP_SPLIT_LAST, BP_SPLIT_TIME};
static const bp_vocabulary orders = {"order", 3, order_names, NULL};
static const bp_field order_field = {
    .name = "order", .type = BP_FIELD_CHOICE, .choices = &orders, .offset = 0};

static bp_status tell_kind(bp_split_kind *out, const json_t *object, bp_error *err) {
    for (size_t i = 0; i < TELLERS; i++) {
        if (json_object_get(object, tellers[i].name) != NULL) {
            *out = tellers[i].kind;
            return BP_OK;
        }
    }
    int order = 0;
    bp_status status = bp_fields_read_one(&order, &order_field, object, err);
    if (status == BP_OK) {
        *out = order_kinds[order];
    }
    return status;
}

static size_t count_fields(bp_split_kind kind) {
    size_t count = 0;
    while (count < MOST_FIELDS && fields[kind][count].name != NULL) {
        count++;
    }
    return count;
}

/* --- reading -------------------------------------------------------------------------------- */

/* NULL: stays "". */
static bp_status keep_text(char out[BP_SPLIT_TEXT_SIZE], const char *text, const char *field,
                           bp_error *err) {
    const size_t size = text != NULL ? strlen(text) : 0;
    if (size >= BP_SPLIT_TEXT_SIZE) {
        return bp_fail(err, BP_INVALID, field, "'%.40s...' has %zu bytes, at most %d are possible",
                       text, size, BP_SPLIT_TEXT_SIZE - 1);
    }
    if (size > 0) {
        memcpy(out, text, size + 1);
    }
    return BP_OK;
}

/* A label, or a number: 3 and "3" are the same. */
static bp_status read_value(char out[BP_SPLIT_TEXT_SIZE], const json_t *value, bp_error *err) {
    char number[32];
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        snprintf(number, sizeof number, "%.17g", json_real_value(value));
    } else if (!json_is_string(value)) {
        return bp_fail(err, BP_INVALID, "/value", "value must be a string or a number, found %s",
                       bp_json_kind(value));
    }
    return keep_text(out, json_is_string(value) ? json_string_value(value) : number, "/value", err);
}

static bp_status read_texts(bp_split_options *out, const validation_body *body,
                            const json_t *object, bp_error *err) {
    const bool timed = out->kind == BP_SPLIT_TIME;
    bp_status status =
        keep_text(out->column, body->column, timed ? "/time_column" : "/column", err);
    if (status == BP_OK) {
        status = keep_text(out->dataset, body->dataset, "/dataset", err);
    }
    if (status == BP_OK && out->kind == BP_SPLIT_COLUMN) {
        status = read_value(out->value, json_object_get(object, "value"), err);
    }
    return status;
}

/* 0 is what options have that leave it open; nobody asks for it. */
static bp_status check_share(const bp_split_options *o, const json_t *object, bp_error *err) {
    if (json_object_get(object, "max_share") != NULL && !(o->max_share > 0 && o->max_share <= 1)) {
        return bp_fail(err, BP_INVALID, "/max_share", "max_share must be in (0, 1]");
    }
    return BP_OK;
}

bp_status bp_validation_from_json(bp_split_options *out, const json_t *object, bp_error *err) {
    validation_body body = {.options = *out};
    bp_status status = tell_kind(&body.options.kind, object, err);
    if (status == BP_OK) {
        const bp_split_kind kind = body.options.kind;
        status = bp_fields_read(&body, fields[kind], count_fields(kind), object, err);
    }
    if (status == BP_OK) {
        status = read_texts(&body.options, &body, object, err);
    }
    if (status == BP_OK) {
        status = check_share(&body.options, object, err);
    }
    if (status != BP_OK) {
        if (err != NULL) {
            bp_error_nest(err, "/validation");
        }
        return status;
    }
    *out = body.options;
    return BP_OK;
}

/* --- writing -------------------------------------------------------------------------------- */

static json_t *stratify_of(const bp_split_options *o) {
    return o->stratify ? json_true() : NULL;
}

static json_t *column_of(const bp_split_options *o) {
    return o->column[0] != '\0' ? json_string(o->column) : NULL;
}

static json_t *kind_to_json(const bp_split_options *o) {
    switch (o->kind) {
    case BP_SPLIT_FOLDS:
        return json_pack("{s:I, s:I, s:o*}", "folds", (json_int_t)o->folds, "fold",
                         (json_int_t)o->fold, "stratify", stratify_of(o));
    case BP_SPLIT_COLUMN:
        return json_pack("{s:s, s:s}", "column", o->column, "value", o->value);
    case BP_SPLIT_DATASET:
        return json_pack("{s:s}", "dataset", o->dataset);
    case BP_SPLIT_LAST:
    case BP_SPLIT_TIME:
        return json_pack("{s:f, s:s, s:o*}", "fraction", o->fraction, "order",
                         bp_split_kinds.names[o->kind], "time_column", column_of(o));
    default:
        return json_pack("{s:f, s:o*}", "fraction", o->fraction, "stratify", stratify_of(o));
    }
}

#define SPLIT_OPTION(member) offsetof(bp_split_options, member)
static const bp_field interval_fields[] = {INTERVAL(SPLIT_OPTION)};

/* Only what is not usual, so that a job that says nothing of it has the configuration, and so the
 * digest, that it always had. */
static json_t *interval_to_json(const bp_split_options *o) {
    const bp_split_options usual = {.every_epochs = 1, .max_share = BP_DEFAULT_MAX_SHARE};
    bp_split_options told = *o;
    told.every_epochs = bp_validation_every_epochs(o);
    told.max_share = o->max_share > 0 ? o->max_share : usual.max_share;
    return bp_fields_write_changed(&told, &usual, interval_fields,
                                   sizeof interval_fields / sizeof *interval_fields);
}

json_t *bp_validation_to_json(const bp_split_options *o) {
    json_t *json = kind_to_json(o), *interval = interval_to_json(o);
    if (json_object_update(json, interval) != 0) { /* as where one of them is NULL */
        json_decref(json);
        json = NULL;
    }
    json_decref(interval);
    return json;
}
