#include "csv_record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CELLS = 64, MAX_CELLS = BP_MAX_COLUMNS + 1 };

static bp_status grow_cells(bp_csv_record *record, bp_error *err) {
    if (record->count == MAX_CELLS) {
        return bp_fail(err, BP_TOO_LARGE, NULL, "a row has more than %d cells", BP_MAX_COLUMNS);
    }
    size_t capacity = record->capacity == 0 ? FIRST_CELLS : record->capacity * 2;
    if (capacity > MAX_CELLS) {
        capacity = MAX_CELLS;
    }
    bp_cell *cells = realloc(record->cells, capacity * sizeof *cells);
    if (cells == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a row of %zu cells", capacity);
    }
    record->cells = cells;
    record->capacity = capacity;
    return BP_OK;
}

static bp_status add_cell(bp_csv_record *record, const char *text, size_t size, bp_error *err) {
    if (record->count == record->capacity) {
        bp_status status = grow_cells(record, err);
        if (status != BP_OK) {
            return status;
        }
    }
    record->cells[record->count++] = (bp_cell){text, size};
    return BP_OK;
}

/* Most records hold no quote: then a cell is what stands between separators. */
static bp_status split_plain(bp_csv_record *record, const char *p, const char *end, bp_error *err) {
    const char separator = record->separator;
    for (;;) {
        const char *start = p;
        while (p < end && *p != separator) {
            p++;
        }
        bp_status status = add_cell(record, start, (size_t)(p - start), err);
        if (status != BP_OK || p == end) {
            return status;
        }
        p++;
    }
}

static const char *skip_spaces(const bp_csv_record *record, const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t') && *p != record->separator) {
        p++;
    }
    return p;
}

static bp_status fail_syntax(const bp_csv_record *record, const char *what, bp_error *err) {
    return bp_fail_at(err, BP_SYNTAX, 0, record->count + 1, "column %zu: %s", record->count + 1,
                      what);
}

/* The cell whose opening quote is before `p`; *p moves to the separator after it, or to the end. */
static bp_status take_quoted(bp_csv_record *record, const char **p, const char *end,
                             bp_error *err) {
    char *unquoted = record->unquoted + record->unquoted_used;
    size_t size = 0;
    const char *run = *p;
    for (;;) {
        const char *quote = memchr(run, '"', (size_t)(end - run));
        if (quote == NULL) {
            return fail_syntax(record, "a quote is opened and not closed", err);
        }
        memcpy(unquoted + size, run, (size_t)(quote - run));
        size += (size_t)(quote - run);
        run = quote + 1;
        if (run == end || *run != '"') {
            break;
        }
        unquoted[size++] = '"';
        run++;
    }
    *p = skip_spaces(record, run, end);
    if (*p < end && **p != record->separator) {
        return fail_syntax(record, "text follows a closing quote", err);
    }
    record->unquoted_used += size;
    return add_cell(record, unquoted, size, err);
}

static bp_status take_unquoted(bp_csv_record *record, const char **p, const char *end,
                               bp_error *err) {
    const char *start = *p;
    const char *q = start;
    for (; q < end && *q != record->separator; q++) {
        if (*q == '"') {
            return fail_syntax(record, "a quote stands inside a cell that does not begin with one",
                               err);
        }
        if (*q == '\r') {
            return fail_syntax(record, "a carriage return without a line feed after it", err);
        }
    }
    *p = q;
    return add_cell(record, start, (size_t)(q - start), err);
}

static bp_status split_quoted(bp_csv_record *record, const char *p, const char *end,
                              bp_error *err) {
    for (;;) {
        const char *first = skip_spaces(record, p, end);
        bp_status status;
        if (first < end && *first == '"') {
            p = first + 1;
            status = take_quoted(record, &p, end, err);
        } else {
            status = take_unquoted(record, &p, end, err);
        }
        if (status != BP_OK || p == end) {
            return status;
        }
        p++;
    }
}

/* All quoted cells together are no longer than the record, so cells can point into this. */
static bp_status reserve_unquoted(bp_csv_record *record, size_t size, bp_error *err) {
    record->unquoted_used = 0;
    if (size <= record->unquoted_capacity) {
        return BP_OK;
    }
    char *unquoted = realloc(record->unquoted, size);
    if (unquoted == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a row of %zu bytes", size);
    }
    record->unquoted = unquoted;
    record->unquoted_capacity = size;
    return BP_OK;
}

static bp_status split(bp_csv_record *record, bp_cell text, bp_error *err) {
    const char *end = text.text + text.size;
    record->count = 0;
    if (memchr(text.text, '\0', text.size) != NULL) {
        return bp_fail(err, BP_SYNTAX, NULL, "a NUL byte: this is no text in UTF-8");
    }
    if (memchr(text.text, '"', text.size) == NULL && memchr(text.text, '\r', text.size) == NULL) {
        return split_plain(record, text.text, end, err);
    }
    bp_status status = reserve_unquoted(record, text.size, err);
    return status == BP_OK ? split_quoted(record, text.text, end, err) : status;
}

bp_status bp_csv_record_split(bp_csv_record *record, bp_cell text, uint64_t line, bp_error *err) {
    bp_error found;
    bp_status status = split(record, text, &found);
    if (status != BP_OK) {
        return bp_fail_at(err, status, line, found.column, "line %" PRIu64 "%s %s", line,
                          found.column > 0 ? "," : ":", found.message);
    }
    return BP_OK;
}

void bp_csv_record_clear(bp_csv_record *record) {
    free(record->cells);
    free(record->unquoted);
    *record = (bp_csv_record){.separator = record->separator};
}
