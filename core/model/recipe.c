#include "recipe.h"

#include <stdlib.h>
#include <string.h>

#define X(name, wire, meaning) wire,
static const char *const type_names[] = {BP_RECIPE_TYPE_TABLE(X)};
#undef X
#define X(name, wire, meaning) meaning,
static const char *const type_meanings[] = {BP_RECIPE_TYPE_TABLE(X)};
#undef X
const bp_vocabulary bp_recipe_types = {"type of a feature", BP_RECIPE_TYPE_COUNT, type_names,
                                       type_meanings};

bp_status bp_recipe_new(bp_recipe *out, size_t count, bp_error *err) {
    bp_recipe_column *columns = calloc(count, sizeof *columns);
    if (columns == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory to prepare %zu columns", count);
    }
    *out = (bp_recipe){.column_count = count, .columns = columns};
    return BP_OK;
}

void bp_recipe_clear(bp_recipe *recipe) {
    for (size_t i = 0; recipe->columns != NULL && i < recipe->column_count; i++) {
        free(recipe->columns[i].name);
        bp_names_clear(&recipe->columns[i].labels);
    }
    free(recipe->columns);
    bp_names_clear(&recipe->missing_words);
    bp_names_clear(&recipe->skipped);
    *recipe = (bp_recipe){0};
}

static bp_status copy_column(bp_recipe_column *to, const bp_recipe_column *from, bp_error *err) {
    char *name = strdup(from->name);
    if (name == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column's name");
    }
    *to = *from;
    to->name = name;
    to->labels = (bp_names){0};
    return bp_names_copy(&to->labels, &from->labels, err);
}

bp_status bp_recipe_copy(bp_recipe *out, const bp_recipe *from, bp_error *err) {
    bp_recipe copy = {0};
    if (from->column_count == 0) {
        *out = copy;
        return BP_OK;
    }
    bp_status status = bp_recipe_new(&copy, from->column_count, err);
    for (size_t i = 0; status == BP_OK && i < from->column_count; i++) {
        status = copy_column(&copy.columns[i], &from->columns[i], err);
    }
    if (status == BP_OK) {
        status = bp_names_copy(&copy.skipped, &from->skipped, err);
    }
    if (status == BP_OK) {
        status = bp_names_copy(&copy.missing_words, &from->missing_words, err);
    }
    if (status != BP_OK) {
        bp_recipe_clear(&copy);
        return status;
    }
    copy.cells = from->cells;
    copy.inputs = from->inputs;
    *out = copy;
    return BP_OK;
}

size_t bp_recipe_cells(bp_recipe_type type) {
    return type == BP_RECIPE_DATETIME ? BP_RECIPE_CELLS : 1;
}

void bp_recipe_lay_out(bp_recipe *recipe) {
    recipe->cells = recipe->inputs = 0;
    for (size_t i = 0; i < recipe->column_count; i++) {
        bp_recipe_column *column = &recipe->columns[i];
        const bool places = column->type == BP_RECIPE_CATEGORICAL;
        column->cells = bp_recipe_cells(column->type);
        column->first = recipe->cells;
        column->input = recipe->inputs;
        column->inputs =
            (places ? column->labels.count + 1 : column->cells) + column->rule.indicator;
        recipe->cells += column->cells;
        recipe->inputs += column->inputs;
    }
}

bp_status bp_recipe_of_numbers(bp_recipe *out, const bp_names *names, const float *fill,
                               bp_error *err) {
    bp_recipe recipe = {0};
    bp_status status = bp_recipe_new(&recipe, names->count, err);
    for (size_t i = 0; status == BP_OK && i < names->count; i++) {
        recipe.columns[i].name = strdup(names->item[i]);
        recipe.columns[i].fill[0] = fill[i];
        if (recipe.columns[i].name == NULL) {
            status = bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a column's name");
        }
    }
    if (status != BP_OK) {
        bp_recipe_clear(&recipe);
        return status;
    }
    bp_recipe_lay_out(&recipe);
    *out = recipe;
    return BP_OK;
}

const bp_recipe_column *bp_recipe_find(const bp_recipe *recipe, const char *name, size_t guess) {
    if (guess < recipe->column_count && strcmp(recipe->columns[guess].name, name) == 0) {
        return &recipe->columns[guess];
    }
    for (size_t i = 0; i < recipe->column_count; i++) {
        if (strcmp(recipe->columns[i].name, name) == 0) {
            return &recipe->columns[i];
        }
    }
    return NULL;
}

bool bp_recipe_keeps_numbers(const bp_recipe *recipe) {
    for (size_t i = 0; i < recipe->column_count; i++) {
        const bp_recipe_column *column = &recipe->columns[i];
        if (column->type != BP_RECIPE_NUMERIC || column->rule.indicator ||
            column->rule.scale == BP_PREPROCESSING_LOG1P) {
            return false;
        }
    }
    return true;
}

bool bp_recipe_is_plain(const bp_recipe *recipe) {
    for (size_t i = 0; i < recipe->column_count; i++) {
        if (recipe->columns[i].rule.missing != BP_MISSING_MEAN) {
            return false;
        }
    }
    return bp_recipe_keeps_numbers(recipe);
}

size_t bp_recipe_bytes(const bp_recipe *recipe) {
    size_t bytes = recipe->column_count * sizeof *recipe->columns;
    for (size_t i = 0; i < recipe->column_count; i++) {
        bytes += strlen(recipe->columns[i].name) + 1;
        bytes += bp_names_bytes(&recipe->columns[i].labels);
    }
    return bytes + bp_names_bytes(&recipe->missing_words) + bp_names_bytes(&recipe->skipped);
}

/* --- the digest ----------------------------------------------------------------------------- */

static void add_number(bp_digest *digest, uint64_t number) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    bp_digest_add(digest, bytes, sizeof bytes);
}

static void add_text(bp_digest *digest, const char *text) {
    bp_digest_add(digest, text, strlen(text) + 1);
}

static void add_column(bp_digest *digest, const bp_recipe_column *column) {
    add_text(digest, column->name);
    add_text(digest, bp_recipe_types.names[column->type]);
    add_text(digest, bp_preprocessings.names[column->rule.scale]);
    add_text(digest, bp_missings.names[column->rule.missing]);
    add_number(digest, column->rule.indicator);
    bp_digest_add_floats(digest, column->fill, bp_recipe_cells(column->type));
    add_number(digest, column->labels.count);
    for (size_t i = 0; i < column->labels.count; i++) {
        add_text(digest, column->labels.item[i]);
    }
}

void bp_recipe_digest(const bp_recipe *recipe, bp_digest *digest) {
    for (size_t i = 0; !bp_recipe_is_plain(recipe) && i < recipe->column_count; i++) {
        add_column(digest, &recipe->columns[i]);
    }
}
