/* Pages through the rows of a data set, in the client's own columns. */
#include <math.h>
#include <stdlib.h>

#include "column_view.h"
#include "json_fields.h"
#include "moment_text.h"
#include "reply.h"
#include "resources.h"

enum { OFFSET, LIMIT };
const bp_parameter bp_rows_parameters[] = {
    [OFFSET] = {.name = "offset", .max = UINT32_MAX},
    [LIMIT] = {.name = "limit", .min = 1, .max = 1000, .by_default = 20},
    {0}};

/* A page ends early where rows are wide. */
static const size_t MAX_CELLS = 1 << 18;

typedef struct page {
    const bp_dataset *data;
    bp_column_view *view; /* [columns] those that are kept */
    size_t columns;
    size_t begin, end; /* rows */
} page;

/* --- a cell --------------------------------------------------------------------------------- */

static void put_number(bp_text *text, float value) {
    if (isnan(value)) {
        bp_text_puts(text, "null");
    } else if (value == truncf(value) && fabsf(value) < 1e6f) {
        bp_text_printf(text, "%d", (int)value);
    } else {
        bp_text_printf(text, "%.9g", bp_shortest_double(value));
    }
}

static void put_label(bp_text *text, const bp_names *labels, float index) {
    if (isnan(index) || (size_t)index >= labels->count) {
        bp_text_puts(text, "null");
    } else {
        bp_text_put_string(text, labels->item[(size_t)index]);
    }
}

static void put_feature(bp_text *text, const bp_dataset *data, const bp_column_view *view,
                        size_t row) {
    const float *cells = data->x + row * data->features.count + view->first;
    if (view->labels != NULL) {
        put_label(text, view->labels, *cells);
    } else if (view->type == BP_COLUMN_DATETIME && !isnan(*cells)) {
        char moment[BP_MOMENT_SIZE];
        bp_moment_text(cells, moment);
        bp_text_put_string(text, moment);
    } else {
        put_number(text, *cells);
    }
}

static void put_target(bp_text *text, const bp_dataset *data, const bp_column_view *view,
                       size_t row) {
    if (data->y != NULL) {
        put_number(text, data->y[row * data->targets.count + view->first]);
    } else {
        put_label(text, &data->classes, (float)data->class_index[row]);
    }
}

static void put_cell(bp_text *text, const bp_dataset *data, const bp_column_view *view,
                     size_t row) {
    if (view->role == BP_ROLE_FEATURE) {
        put_feature(text, data, view, row);
    } else if (view->role == BP_ROLE_TARGET) {
        put_target(text, data, view, row);
    } else {
        put_number(text, data->weight[row]);
    }
}

/* --- a page --------------------------------------------------------------------------------- */

static void put_page(bp_text *text, const page *p) {
    bp_text_puts(text, "{\"columns\": [");
    for (size_t j = 0; j < p->columns; j++) {
        bp_text_puts(text, j > 0 ? ", " : "");
        bp_text_put_string(text, p->view[j].name);
    }
    bp_text_puts(text, "], \"rows\": [");
    for (size_t i = p->begin; i < p->end; i++) {
        bp_text_puts(text, i > p->begin ? ",\n[" : "\n[");
        for (size_t j = 0; j < p->columns; j++) {
            bp_text_puts(text, j > 0 ? ", " : "");
            put_cell(text, p->data, &p->view[j], i);
        }
        bp_text_puts(text, "]");
    }
    bp_text_puts(text, "], \"next\": ");
    if (p->end < p->data->rows) {
        bp_text_printf(text, "%zu}\n", p->end);
    } else {
        bp_text_puts(text, "null}\n");
    }
}

static bp_status find_columns(page *p, bp_error *err) {
    const size_t all = bp_column_view_count(p->data);
    p->view = malloc(all * sizeof *p->view);
    if (p->view == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the columns");
    }
    for (size_t i = 0; i < all; i++) {
        p->view[p->columns] = bp_column_view_get(p->data, i);
        p->columns += p->view[p->columns].stats != NULL;
    }
    return BP_OK;
}

static void find_rows(page *p, const bp_call *call) {
    const size_t rows = p->data->rows;
    const size_t offset = bp_query_number(call->query, &bp_rows_parameters[OFFSET]);
    size_t limit = bp_query_number(call->query, &bp_rows_parameters[LIMIT]);
    const size_t columns = p->columns > 0 ? p->columns : 1;
    const size_t most = MAX_CELLS / columns > 0 ? MAX_CELLS / columns : 1;
    limit = limit < most ? limit : most;
    p->begin = offset < rows ? offset : rows;
    p->end = rows - p->begin < limit ? rows : p->begin + limit;
}

bp_status bp_handle_get_rows(bp_call *call, bp_error *err) {
    bp_dataset_info info;
    bp_status status = bp_service_get_dataset(call->service, call->capture, &info, err);
    if (status != BP_OK) {
        return status;
    }
    page p = {.data = info.dataset};
    bp_text text = {0};
    status = find_columns(&p, err);
    if (status == BP_OK) {
        find_rows(&p, call);
        put_page(&text, &p);
        status = bp_reply_text(call->response, 200, &text, err);
    }
    free(p.view);
    bp_dataset_info_clear(&info);
    return status;
}
