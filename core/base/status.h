/* Status codes and the error record that every fallible function of backpropd fills.
 *
 * A fallible function returns bp_status and takes a bp_error * as its last argument. The record is
 * the caller's; NULL is allowed and means "the code is enough". On failure outputs are untouched.
 */
#ifndef BP_STATUS_H
#define BP_STATUS_H

#include <stddef.h>
#include <stdint.h>

#define BP_NODISCARD __attribute__((warn_unused_result))
#define BP_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))

/* The closed set of codes: name, wire name, what it means. */
#define BP_STATUS_TABLE(X)                                                                         \
    X(OK, "ok", "success")                                                                         \
    X(NO_MEMORY, "no_memory", "an allocation failed")                                              \
    X(SYNTAX, "syntax", "the input is malformed: not JSON, not CSV, not UTF-8")                    \
    X(INVALID, "invalid", "the input is well formed and a value in it cannot be accepted")         \
    X(TOO_LARGE, "too_large", "the input is beyond a limit")                                       \
    X(NOT_FOUND, "not_found", "no object of that name")                                            \
    X(EXISTS, "exists", "an object of that name is there already")                                 \
    X(CONFLICT, "conflict", "the object's state or its users forbid it")                           \
    X(PRECONDITION, "precondition", "the object is not the one that the request names")            \
    X(BUSY, "busy", "too much is under way or the server is stopping; try again")                  \
    X(DIVERGED, "diverged", "training met a non-finite number")                                    \
    X(CANCELLED, "cancelled", "stopped on request")                                                \
    X(INTERRUPTED, "interrupted", "the server stopped before the job had ended")                   \
    X(NO_SPACE, "no_space", "the disk is full")                                                    \
    X(IO, "io", "a file or the disk failed")                                                       \
    X(INTERNAL, "internal", "an invariant of the program does not hold")

typedef enum bp_status {
#define X(name, wire, meaning) BP_##name,
    BP_STATUS_TABLE(X)
#undef X
        BP_STATUS_COUNT
} bp_status;

enum { BP_FIELD_SIZE = 128, BP_MESSAGE_SIZE = 512 };

typedef struct bp_error {
    bp_status code;
    uint64_t line;   /* 1-based place in a text input; 0: none */
    uint64_t column; /* 1-based, counted in fields for CSV, in bytes for JSON; 0: none */
    char
        field[BP_FIELD_SIZE]; /* JSON pointer or parameter at fault: "/layers/0/units"; "" : none */
    char message[BP_MESSAGE_SIZE]; /* one sentence for a person */
} bp_error;

/* The wire name ("too_large") of a code; "unknown" outside the table. */
const char *bp_status_name(bp_status code);

/* For an errno: NO_SPACE, a disk or a quota is full; NO_MEMORY; BUSY, no more files can be open
 * now; else IO. */
bp_status bp_status_of_file(int error);

/* Fills `err` (which may be NULL) and returns `code`, so that `return bp_fail(...)` reads well.
 * `field` may be NULL; it and the message are cut to their sizes. */
bp_status bp_fail(bp_error *err, bp_status code, const char *field, const char *format, ...)
    BP_PRINTF(4, 5);

/* The same with a place in a text input; 0 where there is none. */
bp_status bp_fail_at(bp_error *err, bp_status code, uint64_t line, uint64_t column,
                     const char *format, ...) BP_PRINTF(5, 6);

/* "/name" with '~' and '/' escaped as a JSON pointer has them (RFC 6901); cut to its size. */
void bp_pointer_to(const char *name, char out[BP_FIELD_SIZE]);

/* Prefixes the field of a filled error: bp_error_nest(err, "/layers/%zu", 2) turns "/units" into
 * "/layers/2/units". */
void bp_error_nest(bp_error *err, const char *format, ...) BP_PRINTF(2, 3);

#endif
