/* The texts that stand for a missing value. */
#ifndef BP_MISSING_WORDS_H
#define BP_MISSING_WORDS_H

#include <stdbool.h>

#include "dataset.h"

typedef struct bp_missing_words {
    bp_names words;
    bool begins[256]; /* whether a word begins with the character: most cells need no more */
    bool are_given;   /* by the request: then they count in targets too */
    bool has_numbers; /* one of them is a number, such as -999: numbers have to be looked at */
} bp_missing_words;

/* `list`: words apart by commas, each trimmed; NULL: NA, N/A, n/a, NaN, nan, NAN, null, NULL, ?.
 * The empty cell is missing in any case. NO_MEMORY. */
BP_NODISCARD bp_status bp_missing_words_set(bp_missing_words *out, const char *list, bp_error *err);
/* Those that a data set or a model keeps; none: the usual. NO_MEMORY. */
BP_NODISCARD bp_status bp_missing_words_set_as(bp_missing_words *out, const bp_names *words,
                                               bp_error *err);
void bp_missing_words_clear(bp_missing_words *words);

/* Whether a trimmed cell is empty or one of the words that count where none are given. */
bool bp_missing_word_is_usual(bp_cell cell);

/* Whether a trimmed cell is empty or one of the words. */
bool bp_missing_words_match(const bp_missing_words *words, bp_cell cell);

#endif
