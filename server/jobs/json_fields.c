#include "json_fields.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "a COUNT field is 64 bits wide");
_Static_assert(sizeof(bp_activation) == sizeof(int), "a CHOICE field is an int");

static const char *const expected[] = {
    [BP_FIELD_IGNORED] = "a value",  [BP_FIELD_STRING] = "a string",
    [BP_FIELD_COUNT] = "an integer", [BP_FIELD_DOUBLE] = "a number",
    [BP_FIELD_FLOAT] = "a number",   [BP_FIELD_BOOL] = "true or false",
    [BP_FIELD_CHOICE] = "a string",  [BP_FIELD_OBJECT] = "an object",
    [BP_FIELD_ARRAY] = "an array",
};

const char *bp_json_kind(const json_t *value) {
    static const char *const kinds[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a number",  [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };
    return value == NULL ? "nothing" : kinds[json_typeof(value)];
}

/* --- places --------------------------------------------------------------------------------- */

static bp_status fail_unknown(const char *name, const bp_field *fields, size_t count,
                              bp_error *err) {
    char pointer[BP_FIELD_SIZE], known[BP_MESSAGE_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof known; i++) {
        int written =
            snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", fields[i].name);
        used += written > 0 ? (size_t)written : 0;
    }
    bp_pointer_to(name, pointer);
    return bp_fail(err, BP_INVALID, pointer, "unknown field \"%.100s\"; the known fields are: %s",
                   name, known);
}

static bp_status fail_type(const bp_field *field, const json_t *value, bp_error *err) {
    char pointer[BP_FIELD_SIZE];
    bp_pointer_to(field->name, pointer);
    bool fraction = field->type == BP_FIELD_COUNT && json_is_real(value);
    return bp_fail(err, BP_INVALID, pointer, "%s must be %s, found %s", field->name,
                   expected[field->type], fraction ? "a fraction" : bp_json_kind(value));
}

static bp_status fail_range(const bp_field *field, double value, bp_error *err) {
    char pointer[BP_FIELD_SIZE];
    bp_pointer_to(field->name, pointer);
    if (field->max > field->min) {
        return bp_fail(err, BP_INVALID, pointer, "%s must be from %.15g to %.15g, found %.15g",
                       field->name, field->min, field->max, value);
    }
    return bp_fail(err, BP_INVALID, pointer, "%s cannot be %.15g", field->name, value);
}

static bool in_range(const bp_field *field, double value) {
    return (field->min == 0 && field->max == 0) || (value >= field->min && value <= field->max);
}

/* --- one value ------------------------------------------------------------------------------ */

static bp_status read_count(void *place, const bp_field *field, const json_t *value,
                            bp_error *err) {
    const double exact = 9007199254740992.0; /* 2^53 */
    json_int_t count;
    if (json_is_integer(value)) {
        count = json_integer_value(value);
    } else {
        double real = json_real_value(value);
        if (!json_is_real(value) || real != floor(real)) {
            return fail_type(field, value, err);
        }
        if (fabs(real) > exact) {
            return fail_range(field, real, err);
        }
        count = (json_int_t)real;
    }
    if (count < 0 || !in_range(field, (double)count)) {
        return fail_range(field, (double)count, err);
    }
    memcpy(place, &(uint64_t){(uint64_t)count}, sizeof(uint64_t));
    return BP_OK;
}

static bp_status read_real(void *place, const bp_field *field, const json_t *value, bp_error *err) {
    if (!json_is_number(value)) {
        return fail_type(field, value, err);
    }
    double real = json_number_value(value);
    bool narrow = field->type == BP_FIELD_FLOAT;
    if (!in_range(field, real) || (narrow && fabs(real) > (double)FLT_MAX)) {
        return fail_range(field, real, err);
    }
    if (narrow) {
        memcpy(place, &(float){(float)real}, sizeof(float));
    } else {
        memcpy(place, &real, sizeof real);
    }
    return BP_OK;
}

static bp_status read_bool(void *place, const bp_field *field, const json_t *value, bp_error *err) {
    if (!json_is_boolean(value)) {
        return fail_type(field, value, err);
    }
    memcpy(place, &(bool){json_is_true(value)}, sizeof(bool));
    return BP_OK;
}

static bp_status read_string(void *place, const bp_field *field, const json_t *value,
                             bp_error *err) {
    const char *text = json_string_value(value);
    if (text == NULL) {
        return fail_type(field, value, err);
    }
    memcpy(place, &text, sizeof text);
    return BP_OK;
}

static bp_status read_choice(void *place, const bp_field *field, const json_t *value,
                             bp_error *err) {
    char pointer[BP_FIELD_SIZE];
    if (!json_is_string(value)) {
        return fail_type(field, value, err);
    }
    bp_pointer_to(field->name, pointer);
    return bp_vocabulary_find(field->choices, json_string_value(value), pointer, place, err);
}

static bp_status read_container(void *place, const bp_field *field, const json_t *value,
                                bp_error *err) {
    if (field->type == BP_FIELD_OBJECT ? !json_is_object(value) : !json_is_array(value)) {
        return fail_type(field, value, err);
    }
    memcpy(place, &value, sizeof value);
    return BP_OK;
}

static bp_status read_nothing(void *place, const bp_field *field, const json_t *value,
                              bp_error *err) {
    (void)place, (void)field, (void)value, (void)err;
    return BP_OK;
}

typedef bp_status (*reader)(void *place, const bp_field *field, const json_t *value, bp_error *err);

static const reader readers[] = {
    [BP_FIELD_IGNORED] = read_nothing, [BP_FIELD_STRING] = read_string,
    [BP_FIELD_COUNT] = read_count,     [BP_FIELD_DOUBLE] = read_real,
    [BP_FIELD_FLOAT] = read_real,      [BP_FIELD_BOOL] = read_bool,
    [BP_FIELD_CHOICE] = read_choice,   [BP_FIELD_OBJECT] = read_container,
    [BP_FIELD_ARRAY] = read_container,
};

/* --- the object ----------------------------------------------------------------------------- */

static const bp_field *find(const bp_field *fields, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static bp_status fail_missing(const bp_field *field, bp_error *err) {
    char pointer[BP_FIELD_SIZE];
    bp_pointer_to(field->name, pointer);
    return bp_fail(err, BP_INVALID, pointer, "%s is missing", field->name);
}

static bp_status fail_not_object(const json_t *value, bp_error *err) {
    return bp_fail(err, BP_INVALID, NULL, "expected an object, found %s", bp_json_kind(value));
}

static bp_status read(void *out, const bp_field *field, const json_t *value, bp_error *err) {
    return readers[field->type]((char *)out + field->offset, field, value, err);
}

bp_status bp_fields_read_one(void *out, const bp_field *field, const json_t *object,
                             bp_error *err) {
    if (!json_is_object(object)) {
        return fail_not_object(object, err);
    }
    const json_t *value = json_object_get(object, field->name);
    if (value == NULL) {
        return field->required ? fail_missing(field, err) : BP_OK;
    }
    return read(out, field, value, err);
}

bp_status bp_fields_read(void *out, const bp_field *fields, size_t count, const json_t *object,
                         bp_error *err) {
    if (!json_is_object(object)) {
        return fail_not_object(object, err);
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        const bp_field *field = find(fields, count, name);
        bp_status status =
            field == NULL ? fail_unknown(name, fields, count, err) : read(out, field, value, err);
        if (status != BP_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].required && json_object_get(object, fields[i].name) == NULL) {
            return fail_missing(&fields[i], err);
        }
    }
    return BP_OK;
}

/* --- and back ------------------------------------------------------------------------------- */

static json_t *write_count(const void *place, const bp_field *field) {
    (void)field;
    uint64_t count;
    memcpy(&count, place, sizeof count);
    return json_integer((json_int_t)count);
}

static json_t *write_double(const void *place, const bp_field *field) {
    (void)field;
    double real;
    memcpy(&real, place, sizeof real);
    return json_real(real);
}

static json_t *write_float(const void *place, const bp_field *field) {
    (void)field;
    float real;
    memcpy(&real, place, sizeof real);
    return json_real(bp_shortest_double(real));
}

static json_t *write_bool(const void *place, const bp_field *field) {
    (void)field;
    bool value;
    memcpy(&value, place, sizeof value);
    return json_boolean(value);
}

static json_t *write_choice(const void *place, const bp_field *field) {
    int choice;
    memcpy(&choice, place, sizeof choice);
    return json_string(field->choices->names[choice]);
}

/* Only types whose value lies in the record itself. */
static const struct {
    size_t size;
    json_t *(*write)(const void *place, const bp_field *field);
} writers[] = {
    [BP_FIELD_COUNT] = {sizeof(uint64_t), write_count},
    [BP_FIELD_DOUBLE] = {sizeof(double), write_double},
    [BP_FIELD_FLOAT] = {sizeof(float), write_float},
    [BP_FIELD_BOOL] = {sizeof(bool), write_bool},
    [BP_FIELD_CHOICE] = {sizeof(int), write_choice},
};

json_t *bp_fields_write_changed(const void *record, const void *usual, const bp_field *fields,
                                size_t count) {
    json_t *object = json_object();
    for (size_t i = 0; object != NULL && i < count; i++) {
        const bp_field *field = &fields[i];
        const char *place = (const char *)record + field->offset;
        const char *other = (const char *)usual + field->offset;
        if (memcmp(place, other, writers[field->type].size) != 0 &&
            json_object_set_new(object, field->name, writers[field->type].write(place, field)) !=
                0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* --- values that must not fail -------------------------------------------------------------- */

json_t *bp_json_number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

double bp_shortest_double(float value) {
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value) {
            return strtod(text, NULL);
        }
    }
    return (double)value; /* not finite */
}

json_t *bp_json_text(const char *text) {
    json_t *string = json_string(text);
    if (string != NULL) {
        return string;
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        return NULL;
    }
    for (char *at = copy; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    string = json_string(copy);
    free(copy);
    return string;
}
