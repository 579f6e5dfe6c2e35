/* A record ends at a line feed that has an even number of quotes before it in the record. This rule
 * needs one bit of state, whatever is wrong with the record, so that the pieces in which a body
 * arrives change neither the rows nor the error. Complete records are read where they lie; only one
 * that is cut is gathered in `carry`. csv_fast.c takes the easy ones first, in one pass; here is
 * the way for all. */
#include "csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "csv_fast.h"
#include "csv_record.h"
#include "decimal.h"

enum { FIRST_CARRY = 4096, FEW_NUMBERS = 8 };
static const char byte_order_mark[] = "\xEF\xBB\xBF";

struct bp_csv {
    bp_dataset_builder *builder;
    bp_csv_options options; /* the separator is 0 until the first record */
    bp_csv_record record;
    bp_csv_fast fast; /* opened by the header */
    char *carry;      /* the beginning of the unfinished record */
    size_t carried, carry_capacity;
    size_t mark;     /* bytes of a byte order mark that began the body */
    bool has_begun;  /* no more such bytes can come */
    bool is_quoted;  /* an odd number of quotes in the unfinished record */
    bool is_comment; /* the unfinished line is one */
    bool has_header;
    uint64_t line;         /* where the unfinished record begins */
    uint64_t lines_within; /* line feeds in it so far */
    uint64_t blank_line;   /* the first of the blank lines just before it; 0: none */
    bp_error failure;      /* what ended the parsing; code BP_OK: nothing */
};

bp_status bp_csv_new(bp_csv **out, bp_dataset_builder *builder, const bp_csv_options *options,
                     bp_error *err) {
    static const bp_csv_options none = {0};
    options = options != NULL ? options : &none;
    bp_status status = bp_csv_options_check(options, err);
    if (status != BP_OK) {
        return status;
    }
    bp_csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a CSV parser");
    }
    csv->builder = builder;
    csv->options = *options;
    csv->line = 1;
    *out = csv;
    return BP_OK;
}

void bp_csv_free(bp_csv *csv) {
    if (csv == NULL) {
        return;
    }
    bp_csv_fast_close(&csv->fast);
    bp_csv_record_clear(&csv->record);
    free(csv->carry);
    free(csv);
}

/* --- records -------------------------------------------------------------------------------- */

/* A file without a header would lose its first row unnoticed. Numbers, all or all but a label, name
 * columns only where they stand in order, as counts (0, 1, 2, ...) and wavelengths do; a few
 * numbers may do so by chance, as in many rows of iris, and must rise and be integers. */
static bool looks_like_data(const bp_csv_record *record) {
    size_t numbers = 0;
    bool rise = true, fall = true, are_integers = true;
    double last = 0;
    for (size_t i = 0; i < record->count; i++) {
        double value;
        if (!bp_decimal_parse(record->cells[i].text, record->cells[i].size, &value)) {
            continue;
        }
        rise = rise && (numbers == 0 || value > last);
        fall = fall && (numbers == 0 || value < last);
        are_integers = are_integers && value == trunc(value);
        last = value;
        numbers++;
    }
    bool in_order = numbers > FEW_NUMBERS ? rise || fall : rise && are_integers;
    return numbers > 1 && numbers + 1 >= record->count && !in_order;
}

static bp_status name_columns(bp_csv *csv) {
    bp_names names = {0};
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < csv->record.count; i++) {
        bp_cell cell = csv->record.cells[i];
        status = bp_names_add(&names, cell.text, cell.size, &csv->failure);
    }
    if (status == BP_OK) {
        status = bp_dataset_builder_header(csv->builder, &names, &csv->failure);
    }
    bp_names_clear(&names);
    return status;
}

/* From the first record, which is a row, too, where there is no header. */
static bp_status take_header(bp_csv *csv) {
    const bool no_header = csv->options.no_header;
    if (!no_header && looks_like_data(&csv->record)) {
        return bp_fail_at(&csv->failure, BP_INVALID, csv->line, 0,
                          "line %" PRIu64 " holds numbers: the first line must name the columns, "
                          "unless the request says header=false",
                          csv->line);
    }
    bp_status status =
        no_header ? bp_dataset_builder_unnamed(csv->builder, csv->record.count, &csv->failure)
                  : name_columns(csv);
    if (status != BP_OK && csv->failure.field[0] == '\0') {
        csv->failure.line = csv->line;
    }
    csv->has_header = true;
    if (status == BP_OK) {
        status = bp_csv_fast_open(&csv->fast, csv->builder, &csv->options, &csv->failure);
    }
    return status;
}

/* Without the spaces and tabs before it, but for those that separate cells: whether it is empty. */
static bool is_blank(const bp_csv *csv, bp_cell text) {
    size_t i = 0;
    while (i < text.size && (text.text[i] == ' ' || text.text[i] == '\t') &&
           text.text[i] != csv->options.separator) {
        i++;
    }
    return i == text.size;
}

/* Without the carriage return of its line's end. */
static bp_cell strip(bp_cell text) {
    if (text.size > 0 && text.text[text.size - 1] == '\r') {
        text.size--;
    }
    return text;
}

/* The first record decides what separates the cells, unless the options do. */
static bp_status split(bp_csv *csv, bp_cell text, bp_error *err) {
    if (csv->options.separator == 0) {
        csv->options.separator = bp_csv_find_separator(text);
    }
    csv->record.separator = csv->options.separator;
    return bp_csv_record_split(&csv->record, text, csv->line, err);
}

static bp_status reject_blank(bp_csv *csv) {
    bp_error why;
    bp_fail_at(&why, BP_INVALID, csv->blank_line, 0,
               "line %" PRIu64 " is blank, and line %" PRIu64 " is not", csv->blank_line,
               csv->line);
    csv->blank_line = 0;
    return bp_dataset_builder_reject(csv->builder, &why, &csv->failure);
}

static bp_status take_cells(bp_csv *csv) {
    bp_error why;
    bp_status status =
        bp_dataset_builder_row(csv->builder, csv->record.cells, csv->record.count, csv->line, &why);
    return status == BP_OK ? BP_OK : bp_dataset_builder_reject(csv->builder, &why, &csv->failure);
}

/* What no record can hold and be skipped: after it nothing is sure. */
static bool is_hopeless(const bp_csv *csv, bp_cell text) {
    return csv->is_quoted || memchr(text.text, '\0', text.size) != NULL;
}

/* A complete record, without its line feed. */
static bp_status take_record(bp_csv *csv, bp_cell text) {
    text = strip(text);
    if (is_blank(csv, text)) {
        csv->blank_line = csv->blank_line == 0 ? csv->line : csv->blank_line;
        return BP_OK;
    }
    if (csv->blank_line != 0) {
        bp_status status = reject_blank(csv);
        if (status != BP_OK) {
            return status;
        }
    }
    bp_error why;
    bp_status status = split(csv, text, &why);
    if (status != BP_OK && (!csv->has_header || is_hopeless(csv, text))) {
        csv->failure = why;
        return status;
    }
    if (status != BP_OK) {
        return bp_dataset_builder_reject(csv->builder, &why, &csv->failure);
    }
    if (!csv->has_header) {
        status = take_header(csv);
        return status != BP_OK || !csv->options.no_header ? status : take_cells(csv);
    }
    return take_cells(csv);
}

/* A record that is too long: what is wrong within the limit, such as a stray quote that swallowed
 * the lines after it, says more than its length. */
static bp_status fail_long(bp_csv *csv, bp_cell text) {
    bp_status status = split(csv, strip(text), &csv->failure);
    if (status != BP_OK) {
        return status;
    }
    return bp_fail_at(&csv->failure, BP_SYNTAX, csv->line, 0,
                      "line %" PRIu64 " is longer than %d bytes", csv->line, BP_CSV_MAX_LINE_BYTES);
}

/* --- bytes ---------------------------------------------------------------------------------- */

static bool has_odd_quotes(const char *bytes, size_t size) {
    bool odd = false;
    const char *end = bytes + size;
    while (bytes < end && (bytes = memchr(bytes, '"', (size_t)(end - bytes))) != NULL) {
        odd = !odd;
        bytes++;
    }
    return odd;
}

/* The line feed that ends the record, or NULL. Keeps what has to be known of the record so far. */
static const char *find_end(bp_csv *csv, const char *bytes, size_t size) {
    const char *end = bytes + size;
    while (bytes < end) {
        const char *feed = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *stop = feed != NULL ? feed : end;
        csv->is_quoted ^= has_odd_quotes(bytes, (size_t)(stop - bytes));
        if (feed == NULL) {
            break;
        }
        csv->lines_within++;
        if (!csv->is_quoted) {
            return feed;
        }
        bytes = feed + 1;
    }
    return NULL;
}

static bp_status carry(bp_csv *csv, const char *bytes, size_t size) {
    size_t needed = csv->carried + size;
    if (needed > csv->carry_capacity) {
        size_t capacity = csv->carry_capacity == 0 ? FIRST_CARRY : csv->carry_capacity;
        while (capacity < needed) {
            capacity *= 2;
        }
        char *larger = realloc(csv->carry, capacity);
        if (larger == NULL) {
            return bp_fail(&csv->failure, BP_NO_MEMORY, NULL, "no memory for a row of %zu bytes",
                           capacity);
        }
        csv->carry = larger;
        csv->carry_capacity = capacity;
    }
    memcpy(csv->carry + csv->carried, bytes, size);
    csv->carried = needed;
    return BP_OK;
}

/* The next `size` bytes of the unfinished record; with `ends`, its last ones. */
static bp_status take_part(bp_csv *csv, const char *bytes, size_t size, bool ends) {
    size_t room = BP_CSV_MAX_LINE_BYTES - csv->carried;
    bool is_long = size > room;
    bp_cell text = {bytes, is_long ? room : size};
    if (csv->carried > 0 || !(ends || is_long)) {
        bp_status status = carry(csv, text.text, text.size);
        if (status != BP_OK) {
            return status;
        }
        text = (bp_cell){csv->carry, csv->carried};
    }
    if (is_long) {
        return fail_long(csv, text);
    }
    if (!ends) {
        return BP_OK;
    }
    bp_status status = take_record(csv, text);
    csv->line += csv->lines_within;
    csv->lines_within = 0;
    csv->carried = 0;
    return status;
}

static bp_status repeat_failure(const bp_csv *csv, bp_error *err) {
    if (err != NULL && csv->failure.code != BP_OK) {
        *err = csv->failure;
    }
    return csv->failure.code;
}

/* No more of a byte order mark comes; what only seemed to begin one is the record's. */
static bp_status end_mark(bp_csv *csv) {
    csv->has_begun = true;
    bool is_whole = byte_order_mark[csv->mark] == '\0';
    return is_whole || csv->mark == 0 ? BP_OK : carry(csv, byte_order_mark, csv->mark);
}

/* How many of the bytes belong to a byte order mark at the body's beginning. */
static size_t take_mark(bp_csv *csv, const char *bytes, size_t size, bp_status *status) {
    size_t used = 0;
    while (used < size && byte_order_mark[csv->mark] != '\0' &&
           bytes[used] == byte_order_mark[csv->mark]) {
        csv->mark++;
        used++;
    }
    if (used < size || byte_order_mark[csv->mark] == '\0') {
        *status = end_mark(csv);
    }
    return used;
}

/* How many of the bytes belong to a line that is a comment. Quotes mean nothing in it. */
static size_t take_comment(bp_csv *csv, const char *bytes, size_t size) {
    const char *feed = memchr(bytes, '\n', size);
    csv->is_comment = feed == NULL;
    csv->line += feed != NULL;
    return feed != NULL ? (size_t)(feed - bytes) + 1 : size;
}

/* How many of the bytes, where a record begins, are whole records that csv_fast.c takes. */
static size_t take_easy(bp_csv *csv, const char *bytes, size_t size, bp_status *status) {
    const char *p = bytes;
    *status = bp_csv_fast_take(&csv->fast, &p, bytes + size, &csv->line, &csv->failure);
    return (size_t)(p - bytes);
}

/* The bytes up to the end of a record, or all of them. */
static size_t take_any(bp_csv *csv, const char *bytes, size_t size, bp_status *status) {
    const char *end = find_end(csv, bytes, size);
    size_t part = end != NULL ? (size_t)(end - bytes) : size;
    *status = take_part(csv, bytes, part, end != NULL);
    return part + (end != NULL);
}

/* Takes some of the bytes and returns how many. */
static size_t take_some(bp_csv *csv, const char *bytes, size_t size, bp_status *status) {
    if (!csv->has_begun) {
        return take_mark(csv, bytes, size, status);
    }
    bool begins = csv->carried == 0;
    if (csv->is_comment ||
        (begins && csv->options.comment != 0 && *bytes == csv->options.comment)) {
        return take_comment(csv, bytes, size);
    }
    if (begins && csv->fast.builder != NULL && csv->blank_line == 0) {
        size_t used = take_easy(csv, bytes, size, status);
        if (used > 0 || *status != BP_OK) {
            return used;
        }
    }
    return take_any(csv, bytes, size, status);
}

bp_status bp_csv_feed(bp_csv *csv, const char *bytes, size_t size, bp_error *err) {
    bp_status status = csv->failure.code;
    while (status == BP_OK && size > 0) {
        size_t used = take_some(csv, bytes, size, &status);
        bytes += used;
        size -= used;
    }
    return repeat_failure(csv, err);
}

bp_status bp_csv_finish(bp_csv *csv, bp_error *err) {
    if (csv->failure.code == BP_OK && !csv->has_begun) {
        (void)end_mark(csv);
    }
    if (csv->failure.code == BP_OK && csv->carried > 0) {
        (void)take_part(csv, "", 0, true); /* its failure is kept */
    }
    if (csv->failure.code == BP_OK && !csv->has_header) {
        bp_fail(&csv->failure, BP_INVALID, NULL, "the body is empty: no line names the columns");
    }
    return repeat_failure(csv, err);
}
