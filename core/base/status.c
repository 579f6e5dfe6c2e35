#include "status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {
#define X(name, wire, meaning) [BP_##name] = wire,
    BP_STATUS_TABLE(X)
#undef X
};

const char *bp_status_name(bp_status code) {
    return (unsigned)code < BP_STATUS_COUNT ? names[code] : "unknown";
}

static void fill(bp_error *err, bp_status code, const char *format, va_list arguments) {
    memset(err, 0, sizeof *err);
    err->code = code;
    vsnprintf(err->message, sizeof err->message, format, arguments);
}

bp_status bp_status_of_file(int error) {
    static const struct {
        int error;
        bp_status status;
    } known[] = {{ENOSPC, BP_NO_SPACE},
                 {EDQUOT, BP_NO_SPACE},
                 {ENOMEM, BP_NO_MEMORY},
                 {EMFILE, BP_BUSY},
                 {ENFILE, BP_BUSY}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].error == error) {
            return known[i].status;
        }
    }
    return BP_IO;
}

bp_status bp_fail(bp_error *err, bp_status code, const char *field, const char *format, ...) {
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(err, code, format, arguments);
        va_end(arguments);
        snprintf(err->field, sizeof err->field, "%s", field != NULL ? field : "");
    }
    return code;
}

bp_status bp_fail_at(bp_error *err, bp_status code, uint64_t line, uint64_t column,
                     const char *format, ...) {
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        fill(err, code, format, arguments);
        va_end(arguments);
        err->line = line;
        err->column = column;
    }
    return code;
}

void bp_error_nest(bp_error *err, const char *format, ...) {
    if (err == NULL) {
        return;
    }
    char prefix[BP_FIELD_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    size_t used = strlen(prefix);
    size_t rest = strlen(err->field);
    if (used + rest >= sizeof err->field) {
        rest = sizeof err->field - 1 - used;
    }
    memmove(err->field + used, err->field, rest);
    memcpy(err->field, prefix, used);
    err->field[used + rest] = '\0';
}

void bp_pointer_to(const char *name, char out[BP_FIELD_SIZE]) {
    size_t used = 0;
    out[used++] = '/';
    for (; *name != '\0' && used + 2 < BP_FIELD_SIZE; name++) {
        if (*name == '~' || *name == '/') {
            out[used++] = '~';
            out[used++] = *name == '~' ? '0' : '1';
        } else {
            out[used++] = *name;
        }
    }
    out[used] = '\0';
}
