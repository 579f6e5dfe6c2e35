#include "text_buffer.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_fields.h"

static bool reserve(bp_text *text, size_t size) {
    if (text->failed || size <= text->capacity - text->size) {
        return !text->failed;
    }
    size_t wanted = text->size + size;
    size_t capacity = text->capacity < 1024 ? 1024 : text->capacity;
    while (capacity < wanted) {
        capacity += capacity / 2;
    }
    char *bytes = realloc(text->bytes, capacity);
    if (bytes == NULL) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void bp_text_put(bp_text *text, const char *bytes, size_t size) {
    if (size > 0 && reserve(text, size)) {
        memcpy(text->bytes + text->size, bytes, size);
        text->size += size;
    }
}

void bp_text_puts(bp_text *text, const char *string) {
    bp_text_put(text, string, strlen(string));
}

void bp_text_printf(bp_text *text, const char *format, ...) {
    char piece[128];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof piece) {
        text->failed = true;
        return;
    }
    bp_text_put(text, piece, (size_t)size);
}

void bp_text_put_float(bp_text *text, float value) {
    if (isfinite(value)) {
        bp_text_printf(text, "%.9g", (double)value);
    } else {
        bp_text_puts(text, "null");
    }
}

void bp_text_put_floats(bp_text *text, const float *values, size_t count) {
    bp_text_puts(text, "[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            bp_text_puts(text, ", ");
        }
        bp_text_put_float(text, values[i]);
    }
    bp_text_puts(text, "]");
}

void bp_text_put_string(bp_text *text, const char *string) {
    json_t *json = bp_json_text(string);
    char *quoted = json != NULL ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    if (quoted != NULL) {
        bp_text_puts(text, quoted);
    } else {
        text->failed = true;
    }
    free(quoted);
    json_decref(json);
}

void bp_text_clear(bp_text *text) {
    free(text->bytes);
    *text = (bp_text){0};
}
