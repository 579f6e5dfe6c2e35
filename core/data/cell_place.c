#include "cell_place.h"

#include <inttypes.h>
#include <stdio.h>

#include "cell_text.h"

enum { LINE_TEXT_SIZE = 32 };

static const char *line_text(uint64_t line, char out[LINE_TEXT_SIZE]) {
    out[0] = '\0';
    if (line > 0) {
        snprintf(out, LINE_TEXT_SIZE, "line %" PRIu64 ", ", line);
    }
    return out;
}

bp_status bp_cell_fail(bp_error *err, bp_status code, const bp_cell_place *place, bp_cell cell,
                       const char *complaint) {
    char line[LINE_TEXT_SIZE], name[BP_EXCERPT_SIZE], text[BP_EXCERPT_SIZE];
    return bp_fail_at(err, code, place->line, place->column, "%scolumn %" PRIu64 " ('%s'): '%s' %s",
                      line_text(place->line, line), place->column,
                      bp_text_excerpt(bp_cell_of(place->name), name), bp_text_excerpt(cell, text),
                      complaint);
}

bp_status bp_cell_fail_empty(bp_error *err, const bp_cell_place *place) {
    char line[LINE_TEXT_SIZE], name[BP_EXCERPT_SIZE];
    return bp_fail_at(err, BP_INVALID, place->line, place->column,
                      "%scolumn %" PRIu64 ": the row has no value for '%s'",
                      line_text(place->line, line), place->column,
                      bp_text_excerpt(bp_cell_of(place->name), name));
}
