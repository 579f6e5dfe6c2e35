#include "job_terms_json.h"

#include <math.h>

#include "json_fields.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Ten milliseconds: a checkpoint costs about as much. A year. */
#define LEAST_SECONDS 0.01
#define MOST_SECONDS (366.0 * 86400)
#define MOST_COUNT 9007199254740992.0 /* 2^53 */

bp_job_terms bp_job_terms_defaults(void) {
    return (bp_job_terms){.checkpoint_seconds = 30, .checkpoints_kept = 2};
}

/* "every_seconds": null and "every_steps": null are never. */
static const bp_field checkpoint_fields[] = {
    {.name = "every_seconds",
     .type = BP_FIELD_DOUBLE,
     .min = LEAST_SECONDS,
     .max = MOST_SECONDS,
     .offset = offsetof(bp_job_terms, checkpoint_seconds)},
    {.name = "every_steps",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = MOST_COUNT,
     .offset = offsetof(bp_job_terms, checkpoint_steps)},
    {.name = "keep",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = BP_MAX_CHECKPOINTS,
     .offset = offsetof(bp_job_terms, checkpoints_kept)},
};

static const bp_field budget_fields[] = {
    {.name = "seconds",
     .type = BP_FIELD_DOUBLE,
     .min = LEAST_SECONDS,
     .max = MOST_SECONDS,
     .offset = offsetof(bp_job_terms, budget_seconds)},
    {.name = "samples",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = MOST_COUNT,
     .offset = offsetof(bp_job_terms, budget_samples)},
};

static const struct {
    const char *name;
    const bp_field *fields;
    size_t count;
} groups[] = {
    {"checkpoint", checkpoint_fields, LENGTH(checkpoint_fields)},
    {"budget", budget_fields, LENGTH(budget_fields)},
};

/* --- reading -------------------------------------------------------------------------------- */

bp_status bp_priority_from_json(int *out, const json_t *body, bp_error *err) {
    static const bp_field field = {.name = "priority",
                                   .type = BP_FIELD_DOUBLE,
                                   .min = BP_LEAST_PRIORITY,
                                   .max = BP_MOST_PRIORITY};
    double priority = *out;
    bp_status status = bp_fields_read_one(&priority, &field, body, err);
    if (status == BP_OK && priority != floor(priority)) {
        return bp_fail(err, BP_INVALID, "/priority", "priority must be a whole number");
    }
    if (status == BP_OK) {
        *out = (int)priority;
    }
    return status;
}

/* Without the fields that are null, which stand for never. */
static json_t *without_nulls(const json_t *object) {
    json_t *copy = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        if (!json_is_null(value) && json_object_set(copy, name, value) != 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

static bp_status read_group(bp_job_terms *terms, size_t i, const json_t *object, bp_error *err) {
    if (!json_is_object(object)) {
        return bp_fields_read(terms, groups[i].fields, groups[i].count, object, err);
    }
    json_t *given = without_nulls(object);
    if (given == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the body");
    }
    bp_status status = bp_fields_read(terms, groups[i].fields, groups[i].count, given, err);
    json_decref(given);
    return status;
}

static bool is_null(const json_t *object, const char *name) {
    return json_is_null(json_object_get(object, name));
}

bp_status bp_job_terms_from_json(bp_job_terms *out, const json_t *body, bp_error *err) {
    bp_job_terms terms = bp_job_terms_defaults();
    bp_status status = bp_priority_from_json(&terms.priority, body, err);
    for (size_t i = 0; status == BP_OK && i < LENGTH(groups); i++) {
        const json_t *object = json_object_get(body, groups[i].name);
        if (object == NULL || json_is_null(object)) {
            continue;
        }
        status = read_group(&terms, i, object, err);
        if (status != BP_OK && err != NULL) {
            bp_error_nest(err, "/%s", groups[i].name);
        }
    }
    if (status != BP_OK) {
        return status;
    }
    const json_t *checkpoint = json_object_get(body, "checkpoint");
    if (is_null(checkpoint, "every_seconds")) {
        terms.checkpoint_seconds = 0;
    }
    *out = terms;
    return BP_OK;
}

/* --- writing -------------------------------------------------------------------------------- */

static json_t *count_or_null(uint64_t count) {
    return count > 0 ? json_integer((json_int_t)count) : json_null();
}

static json_t *seconds_or_null(double seconds) {
    return seconds > 0 ? json_real(seconds) : json_null();
}

json_t *bp_job_terms_to_json(const bp_job_terms *terms) {
    return json_pack("{s:i, s:{s:o, s:o, s:I}, s:{s:o, s:o}}", "priority", terms->priority,
                     "checkpoint", "every_seconds", seconds_or_null(terms->checkpoint_seconds),
                     "every_steps", count_or_null(terms->checkpoint_steps), "keep",
                     (json_int_t)terms->checkpoints_kept, "budget", "seconds",
                     seconds_or_null(terms->budget_seconds), "samples",
                     count_or_null(terms->budget_samples));
}
