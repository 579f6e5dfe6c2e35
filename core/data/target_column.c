#include "target_column.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "decimal.h"

/* Up to here every integer is a double, and no two integers are the same one. */
static const double MAX_INTEGER = 0x1p53;

void bp_target_column_start(bp_target_column *target) {
    *target = (bp_target_column){0};
    bp_label_table_start(&target->labels);
}

void bp_target_column_clear(bp_target_column *target) {
    bp_label_table_clear(&target->labels);
    free(target->memo);
    target->memo = NULL;
}

static bool is_integer(double value) {
    return value == trunc(value) && fabs(value) <= MAX_INTEGER;
}

/* Sorts the cell into text, fraction, integer or nonfinite number. */
static bp_status note_kind(bp_target_column *target, bp_cell cell, const bp_cell_place *place,
                           float *number, bp_error *err) {
    double value;
    bool parsed = bp_decimal_parse(cell.text, cell.size, &value);
    *number = 0;
    if (!parsed && !bp_decimal_is_nonfinite_word(cell.text, cell.size)) {
        target->has_text = true;
        if (!bp_text_is_utf8(cell.text, cell.size)) {
            return bp_cell_fail(err, BP_SYNTAX, place, cell, "is not UTF-8 text");
        }
    } else if (!parsed || !isfinite((float)value)) {
        if (target->nonfinite.code == BP_OK) {
            bp_cell_fail(&target->nonfinite, BP_INVALID, place, cell,
                         parsed ? "is beyond the range of float32" : "is not a finite number");
        }
    } else {
        target->has_fraction = target->has_fraction || !is_integer(value);
        *number = (float)value;
    }
    return BP_OK;
}

static bp_status note_spelling(bp_target_column *target, bp_cell cell, int32_t *spelling,
                               bp_error *err) {
    *spelling = -1;
    if (target->has_overflowed) {
        return BP_OK;
    }
    size_t index;
    bp_status status = bp_label_table_add(&target->labels, cell, &index, err);
    if (status != BP_OK) {
        return status;
    }
    *spelling = (int32_t)index;
    if (target->labels.labels.count > BP_MAX_CLASSES) {
        target->has_overflowed = true;
        bp_label_table_clear(&target->labels);
    }
    return BP_OK;
}

/* Where a cell is remembered, and its characters; NULL: it is not. */
static bp_target_text *text_of(bp_target_column *target, bp_cell cell, uint64_t *characters) {
    *characters = 0;
    if (cell.size > sizeof *characters || target->has_overflowed) {
        return NULL;
    }
    memcpy(characters, cell.text, cell.size);
    _Static_assert(BP_TARGET_TEXTS == 1 << 6, "an index of six bits");
    return &target->texts[*characters * UINT64_C(0x9E3779B97F4A7C15) >> 58]; /* 2^64 / golden */
}

static bp_status add_new(bp_target_column *target, bp_cell cell, const bp_cell_place *place,
                         bp_target_value *value, bp_error *err) {
    bp_status status = note_kind(target, cell, place, &value->number, err);
    if (status == BP_OK) {
        status = note_spelling(target, cell, &value->spelling, err);
    }
    if (status == BP_OK && target->has_text && target->has_overflowed) {
        char complaint[96];
        snprintf(complaint, sizeof complaint,
                 "makes the column text, which can have %d different labels at most",
                 BP_MAX_CLASSES);
        return bp_cell_fail(err, BP_TOO_LARGE, place, cell, complaint);
    }
    return status;
}

/* Most cells of classes are like some cell before, and what that did to the column stays done. */
bp_status bp_target_column_add(bp_target_column *target, bp_cell cell, const bp_cell_place *place,
                               bp_target_value *value, bp_error *err) {
    uint64_t characters;
    bp_target_text *text = text_of(target, cell, &characters);
    if (text != NULL && text->label > 0 && text->characters == characters) {
        *value = (bp_target_value){.number = text->number, .spelling = text->label - 1};
        return BP_OK;
    }
    bp_status status = add_new(target, cell, place, value, err);
    if (status == BP_OK && text != NULL && value->spelling >= 0) {
        *text = (bp_target_text){characters, value->number, value->spelling + 1};
    }
    return status;
}

/* --- numbers -------------------------------------------------------------------------------- */

enum { MEMO_BITS = 14 }; /* 128 KiB */

static uint32_t bits_of(float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static bp_target_memo *memo_of(bp_target_column *target, float number) {
    /* 2^32 / golden ratio: neighbours go far apart. */
    return &target->memo[bits_of(number) * UINT32_C(2654435769) >> (32 - MEMO_BITS)];
}

bool bp_target_column_knows(bp_target_column *target, float number, bp_target_value *value) {
    if (target->has_overflowed) {
        if (target->has_text || !isfinite(number)) {
            return false;
        }
        target->has_fraction = target->has_fraction || !is_integer((double)number);
        *value = (bp_target_value){.number = number, .spelling = -1};
        return true;
    }
    const bp_target_memo *memo = target->memo != NULL ? memo_of(target, number) : NULL;
    if (memo == NULL || memo->label == 0 || bits_of(memo->number) != bits_of(number)) {
        return false;
    }
    *value = (bp_target_value){.number = number, .spelling = memo->label - 1};
    return true;
}

void bp_target_column_remember(bp_target_column *target, float number, int32_t spelling) {
    if (spelling < 0 || !isfinite(number)) {
        return;
    }
    if (target->memo == NULL) {
        target->memo = calloc((size_t)1 << MEMO_BITS, sizeof *target->memo);
    }
    if (target->memo != NULL) {
        *memo_of(target, number) = (bp_target_memo){.number = number, .label = spelling + 1};
    }
}

/* --- the end -------------------------------------------------------------------------------- */

struct label {
    const char *text;
    double value; /* 0 in a text column */
    size_t spelling;
};

static int compare(const void *left, const void *right) {
    const struct label *a = left;
    const struct label *b = right;
    if (a->value != b->value) {
        return a->value < b->value ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

static struct label *sort_labels(const bp_target_column *target) {
    const bp_names *names = &target->labels.labels;
    struct label *labels = malloc(names->count * sizeof *labels);
    if (labels == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < names->count; i++) {
        labels[i] = (struct label){.text = names->item[i], .spelling = i};
        if (!target->has_text) {
            (void)bp_decimal_parse(names->item[i], strlen(names->item[i]), &labels[i].value);
        }
    }
    qsort(labels, names->count, sizeof *labels, compare);
    return labels;
}

static bp_status add_class(bp_names *classes, const struct label *label, bool text, bp_error *err) {
    if (text) {
        return bp_names_add(classes, label->text, strlen(label->text), err);
    }
    char name[32];
    int size = snprintf(name, sizeof name, "%.0f", label->value + 0.0); /* -0 + 0 = 0 */
    return bp_names_add(classes, name, (size_t)size, err);
}

/* class_of[spelling] and the classes' names; spellings of one integer share their class. */
static bp_status number_classes(const bp_target_column *target, const struct label *labels,
                                int32_t *class_of, bp_names *classes, bp_error *err) {
    for (size_t i = 0; i < target->labels.labels.count; i++) {
        bool same = i > 0 && !target->has_text && labels[i].value == labels[i - 1].value;
        if (!same) {
            bp_status status = add_class(classes, &labels[i], target->has_text, err);
            if (status != BP_OK) {
                bp_names_clear(classes);
                return status;
            }
        }
        class_of[labels[i].spelling] = (int32_t)classes->count - 1;
    }
    return BP_OK;
}

bp_status bp_target_column_finish(const bp_target_column *target, size_t rows, int32_t *index,
                                  bp_names *classes, bool *numeric, bp_error *err) {
    if (!target->has_text && target->nonfinite.code != BP_OK) {
        if (err != NULL) {
            *err = target->nonfinite;
        }
        return target->nonfinite.code;
    }
    *numeric = !target->has_text;
    if (*numeric && (target->has_fraction || target->has_overflowed)) {
        return BP_OK;
    }
    struct label *labels = sort_labels(target);
    int32_t *class_of = malloc(target->labels.labels.count * sizeof *class_of);
    bp_status status = BP_NO_MEMORY;
    if (labels != NULL && class_of != NULL) {
        status = number_classes(target, labels, class_of, classes, err);
    } else {
        bp_fail(err, BP_NO_MEMORY, NULL, "no memory to sort the labels");
    }
    for (size_t i = 0; status == BP_OK && i < rows; i++) {
        index[i] = class_of[index[i]];
    }
    free(labels);
    free(class_of);
    return status;
}
