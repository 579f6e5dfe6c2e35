#include "missing_words.h"

#include <string.h>

#include "cell_text.h"
#include "decimal.h"

static const char usual_words[] = "NA,N/A,n/a,NaN,nan,NAN,null,NULL,?";

static bp_status add_word(bp_missing_words *words, bp_cell word, bp_error *err) {
    double value;
    if (word.size == 0) {
        return BP_OK;
    }
    words->begins[(unsigned char)word.text[0]] = true;
    words->has_numbers = words->has_numbers || bp_decimal_parse(word.text, word.size, &value);
    return bp_names_add(&words->words, word.text, word.size, err);
}

/* Gives the words, or frees what there is of them. */
static bp_status end_words(bp_missing_words *out, bp_missing_words *words, bp_status status) {
    if (status == BP_OK) {
        *out = *words;
    } else {
        bp_missing_words_clear(words);
    }
    return status;
}

bp_status bp_missing_words_set(bp_missing_words *out, const char *list, bp_error *err) {
    bp_missing_words words = {.are_given = list != NULL};
    bp_status status = BP_OK;
    for (const char *p = list != NULL ? list : usual_words; status == BP_OK && *p != '\0';) {
        size_t size = strcspn(p, ",");
        status = add_word(&words, bp_cell_trim((bp_cell){p, size}), err);
        p += size + (p[size] == ',');
    }
    return end_words(out, &words, status);
}

bp_status bp_missing_words_set_as(bp_missing_words *out, const bp_names *names, bp_error *err) {
    if (names->count == 0) {
        return bp_missing_words_set(out, NULL, err);
    }
    bp_missing_words words = {.are_given = true};
    bp_status status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < names->count; i++) {
        status = add_word(&words, bp_cell_of(names->item[i]), err);
    }
    return end_words(out, &words, status);
}

void bp_missing_words_clear(bp_missing_words *words) {
    bp_names_clear(&words->words);
    *words = (bp_missing_words){0};
}

bool bp_missing_words_match(const bp_missing_words *words, bp_cell cell) {
    if (cell.size > 0 && !words->begins[(unsigned char)cell.text[0]]) {
        return false;
    }
    for (size_t i = 0; cell.size > 0 && i < words->words.count; i++) {
        const char *word = words->words.item[i];
        if (strncmp(word, cell.text, cell.size) == 0 && word[cell.size] == '\0') {
            return true;
        }
    }
    return cell.size == 0;
}

bool bp_missing_word_is_usual(bp_cell cell) {
    for (const char *p = usual_words; *p != '\0';) {
        const size_t size = strcspn(p, ",");
        if (cell.size == 0 || (size == cell.size && memcmp(p, cell.text, size) == 0)) {
            return true;
        }
        p += size + (p[size] == ',');
    }
    return false;
}
