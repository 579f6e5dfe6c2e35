/* One pass: a number is read where it stands and goes to its place in the row, and where it ends
 * the separator or the line feed is expected, so nothing looks for them before. All other cells
 * wait until the record has shown that it is whole and as wide as the header: one that is left to
 * the slow way must have left nothing in the builder, else a data set would depend on the pieces in
 * which its body came. */
#include "csv_fast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "decimal.h"
#include "decimal_short.h"

bp_status bp_csv_fast_open(bp_csv_fast *fast, bp_dataset_builder *builder,
                           const bp_csv_options *options, bp_error *err) {
    size_t columns;
    const bp_cell_plan *plan = bp_dataset_builder_plan(builder, &columns);
    bp_csv_late *late = malloc(columns * sizeof *late);
    if (late == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a row of %zu cells", columns);
    }
    *fast = (bp_csv_fast){.builder = builder,
                          .plan = plan,
                          .columns = columns,
                          .late = late,
                          .separator = options->separator,
                          .comment = options->comment};
    static const char never[] = {'\n', '\r', '"', '\0'};
    for (size_t i = 0; i < sizeof never; i++) {
        fast->stops[(unsigned char)never[i]] = true;
    }
    fast->stops[(unsigned char)options->separator] = true;
    return BP_OK;
}

void bp_csv_fast_close(bp_csv_fast *fast) {
    free(fast->late);
    *fast = (bp_csv_fast){0};
}

/* What can be looked at, and where in it there is room around a number for the short way. */
struct window {
    const char *start, *end;
};

/* The row that is read: the place in it, too. */
struct row {
    float *numbers; /* the builder's */
    size_t column;
    size_t late; /* of fast->late */
};

static inline bool has_room(const char *p, const struct window *window) {
    return p - window->start >= BP_DECIMAL_SHORT_BYTES && window->end - p >= BP_DECIMAL_SHORT_BYTES;
}

static inline bool ends_cell(const char *p, const char *end, char separator) {
    return *p == separator || *p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n');
}

/* The inner loop: as many cells as are short numbers and not the last of their row. */
static const char *read_numbers(const bp_csv_fast *fast, const char *p, const struct window *window,
                                struct row *row) {
    const bp_cell_plan *plan = fast->plan + row->column;
    const bp_cell_plan *last = fast->plan + fast->columns - 1;
    float *numbers = row->numbers;
    const char separator = fast->separator;
    for (; plan < last && plan->how == BP_CELL_NUMBER && has_room(p, window); plan++) {
        double value;
        size_t size = bp_decimal_read_short(p, separator, &value);
        if (size == 0) {
            break;
        }
        numbers[plan->at] = (float)value;
        p += size + 1;
    }
    row->column = (size_t)(plan - fast->plan);
    return p;
}

/* A number at `p` that is finite in float32 and is all of its cell. Returns where it ends, or
 * NULL. */
static const char *read_number(const char *p, const struct window *window, char separator,
                               float *number) {
    double value;
    size_t size = has_room(p, window) ? bp_decimal_read_short(p, '\n', &value) : 0;
    const char *after = size > 0 ? p + size : bp_decimal_read(p, window->end, &value);
    if (after == NULL || after == window->end || !ends_cell(after, window->end, separator) ||
        !isfinite((float)value)) {
        return NULL;
    }
    *number = (float)value;
    return after;
}

/* Where the cell's text ends: at the separator or the line's end; NULL: nowhere that is sure. */
static const char *find_text_end(const bp_csv_fast *fast, const char *p, const char *end) {
    while (p < end && !fast->stops[(unsigned char)*p]) {
        p++;
    }
    return p < end && ends_cell(p, end, fast->separator) ? p : NULL;
}

/* The text of the cell at `p`, without quotes around it. Returns where the cell ends, or NULL. */
static const char *read_text(const bp_csv_fast *fast, const char *p, const char *end,
                             bp_cell *cell) {
    if (*p != '"') {
        const char *after = find_text_end(fast, p, end);
        *cell = (bp_cell){p, after != NULL ? (size_t)(after - p) : 0};
        return after;
    }
    const char *text = ++p;
    while (p < end && *p != '"' && *p != '\n' && *p != '\0') {
        p++;
    }
    *cell = (bp_cell){text, (size_t)(p - text)};
    return end - p > 1 && *p == '"' && ends_cell(p + 1, end, fast->separator) ? p + 1 : NULL;
}

/* A cell that is not written as read_number has it. Returns where it ends, or NULL. */
static const char *read_other(bp_csv_fast *fast, const char *p, const char *end, struct row *row) {
    const bp_cell_plan plan = fast->plan[row->column];
    bp_cell cell;
    const char *after = read_text(fast, p, end, &cell);
    double value;
    if (after == NULL || plan.how == BP_CELL_SKIP) {
        return after;
    }
    if (plan.how == BP_CELL_NUMBER && bp_decimal_parse(cell.text, cell.size, &value) &&
        isfinite((float)value)) {
        row->numbers[plan.at] = (float)value; /* in quotes, or with spaces */
    } else {
        fast->late[row->late++] = (bp_csv_late){row->column, cell};
    }
    return after;
}

static const char *read_cell(bp_csv_fast *fast, const char *p, const struct window *window,
                             struct row *row) {
    const bp_cell_plan plan = fast->plan[row->column];
    const char *after = NULL;
    if (plan.how == BP_CELL_NUMBER) {
        after = read_number(p, window, fast->separator, &row->numbers[plan.at]);
    }
    return after != NULL ? after : read_other(fast, p, window->end, row);
}

/* The beginning of the record after the one at `p`, which is now in `row`; NULL: it is left. */
static const char *read_record(bp_csv_fast *fast, const char *p, const struct window *window,
                               struct row *row) {
    for (row->column = 0; row->column < fast->columns; row->column++, p++) {
        p = read_numbers(fast, p, window, row);
        if (p == window->end) {
            return NULL;
        }
        const char *after = read_cell(fast, p, window, row);
        bool is_last = row->column + 1 == fast->columns;
        if (after == NULL || (*after == fast->separator) == is_last) {
            return NULL;
        }
        p = after + (*after == '\r');
    }
    return p;
}

/* A line that is blank is none of the cell that a single column has. */
static bool is_left(const bp_csv_fast *fast, const char *p, const char *after) {
    if (fast->columns == 1) {
        const char *q = p;
        while (*q == ' ' || *q == '\t') {
            q++;
        }
        if (*q == '\n' || *q == '\r') {
            return true;
        }
    }
    return after - p > BP_CSV_MAX_LINE_BYTES + 1; /* with its line feed */
}

static bp_status end_record(bp_csv_fast *fast, size_t late, uint64_t line, bp_error *err) {
    bp_error why;
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < late; i++) {
        status = bp_dataset_builder_cell(fast->builder, fast->late[i].column, fast->late[i].cell,
                                         line, &why);
    }
    if (status == BP_OK) {
        status = bp_dataset_builder_end_row(fast->builder, line, &why);
    }
    return status == BP_OK ? BP_OK : bp_dataset_builder_reject(fast->builder, &why, err);
}

bp_status bp_csv_fast_take(bp_csv_fast *fast, const char **bytes, const char *end, uint64_t *line,
                           bp_error *err) {
    const struct window window = {*bytes, end};
    const char *p = *bytes;
    bp_status status = BP_OK;
    while (status == BP_OK && p < end && (fast->comment == 0 || *p != fast->comment)) {
        struct row row = {.late = 0};
        status = bp_dataset_builder_begin_row(fast->builder, &row.numbers, err);
        if (status != BP_OK) {
            break;
        }
        const char *after = read_record(fast, p, &window, &row);
        if (after == NULL || is_left(fast, p, after)) {
            break;
        }
        status = end_record(fast, row.late, *line, err);
        p = after;
        ++*line;
    }
    *bytes = p;
    return status;
}
