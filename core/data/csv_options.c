#include "csv_options.h"

#include <ctype.h>
#include <string.h>

/* In the order of preference. */
static const char separators[] = {',', ';', '\t', '|'};
enum { SEPARATORS = sizeof separators };

/* Whether the character can stand for itself alone: ASCII, no part of a number or a name, and none
 * that CSV needs. */
static bool is_free(char c) {
    return c > 0 && c < 0x7F && !isalnum((unsigned char)c) && strchr("\"\n\r", c) == NULL;
}

bp_status bp_csv_options_check(const bp_csv_options *options, bp_error *err) {
    char separator = options->separator, comment = options->comment;
    if (separator != 0 && (!is_free(separator) || strchr("+-._", separator) != NULL)) {
        return bp_fail(err, BP_INVALID, "/separator",
                       "the separator must be a character such as , ; | or a tab, no letter, "
                       "digit, sign, point, underscore, quote or line end");
    }
    if (comment != 0 && (!is_free(comment) || comment == separator)) {
        return bp_fail(err, BP_INVALID, "/comment",
                       "the mark of comments must be a character such as # or %%, no letter, "
                       "digit, quote or line end, and not the separator");
    }
    return BP_OK;
}

char bp_csv_find_separator(bp_cell line) {
    size_t counts[SEPARATORS] = {0};
    bool is_quoted = false;
    for (size_t i = 0; i < line.size; i++) {
        is_quoted ^= line.text[i] == '"';
        const char *found = memchr(separators, line.text[i], SEPARATORS);
        if (found != NULL && !is_quoted) {
            counts[found - separators]++;
        }
    }
    size_t best = 0;
    for (size_t i = 1; i < SEPARATORS; i++) {
        best = counts[i] > counts[best] ? i : best;
    }
    return separators[best];
}
