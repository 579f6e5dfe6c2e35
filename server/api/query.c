#include "query.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- decoding ------------------------------------------------------------------------------- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. False: a percent sign without two digits, or %00. */
static bool decode(char *text) {
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in == '%') {
            int high = hex_digit(in[1]);
            int low = high >= 0 ? hex_digit(in[2]) : -1;
            if (low < 0 || high + low == 0) {
                return false;
            }
            *out++ = (char)(high * 16 + low);
            in += 2;
        } else {
            *out++ = *in == '+' ? ' ' : *in;
        }
    }
    *out = '\0';
    return true;
}

/* --- one parameter -------------------------------------------------------------------------- */

static bp_status fail_unknown(const char *name, const bp_parameter *known, bp_error *err) {
    char names[BP_MESSAGE_SIZE / 2] = "";
    size_t used = 0;
    for (; known != NULL && known->name != NULL && used < sizeof names; known++) {
        int written =
            snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", known->name);
        used += written > 0 ? (size_t)written : 0;
    }
    return bp_fail(err, BP_INVALID, NULL, "unknown query parameter '%.80s'; %s%s", name,
                   used > 0 ? "known here: " : "there are none here", names);
}

static bp_status read_number(const bp_parameter *parameter, const char *value, uint64_t *out,
                             bp_error *err) {
    size_t digits = strspn(value, "0123456789");
    uint64_t number = digits > 0 && digits < 20 ? strtoull(value, NULL, 10) : UINT64_MAX;
    if (digits == 0 || value[digits] != '\0' || number < parameter->min ||
        number > parameter->max) {
        return bp_fail(err, BP_INVALID, NULL,
                       "query parameter '%s' must be an integer from %" PRIu64 " to %" PRIu64
                       ", found '%.40s'",
                       parameter->name, parameter->min, parameter->max, value);
    }
    *out = number;
    return BP_OK;
}

static bp_status read_word(const bp_parameter *parameter, const char *value, uint64_t *out,
                           bp_error *err) {
    char known[BP_MESSAGE_SIZE / 2] = "";
    for (size_t i = 0; parameter->words[i] != NULL; i++) {
        if (strcmp(parameter->words[i], value) == 0) {
            *out = i;
            return BP_OK;
        }
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", parameter->words[i]);
    }
    return bp_fail(err, BP_INVALID, NULL, "query parameter '%s' is one of %s, found '%.40s'",
                   parameter->name, known, value);
}

static const bp_parameter *find_known(const bp_parameter *known, const char *name) {
    for (; known != NULL && known->name != NULL; known++) {
        if (strcmp(known->name, name) == 0) {
            return known;
        }
    }
    return NULL;
}

static size_t find_given(const bp_query *query, const bp_parameter *parameter) {
    size_t i = 0;
    while (i < query->count && strcmp(query->given[i].parameter->name, parameter->name) != 0) {
        i++;
    }
    return i;
}

/* `piece` is "name=value" or "name". */
static bp_status read_piece(bp_query *query, char *piece, const bp_parameter *known,
                            bp_error *err) {
    char *value = strchr(piece, '=');
    if (value != NULL) {
        *value++ = '\0';
    }
    if (!decode(piece) || (value != NULL && !decode(value))) {
        return bp_fail(err, BP_SYNTAX, NULL, "the query holds a '%%' without two hex digits");
    }
    const bp_parameter *parameter = find_known(known, piece);
    if (parameter == NULL) {
        return fail_unknown(piece, known, err);
    }
    if (find_given(query, parameter) < query->count || query->count == BP_QUERY_MAX) {
        return bp_fail(err, BP_INVALID, NULL, "query parameter '%s' is given twice",
                       parameter->name);
    }
    uint64_t number = 0;
    value = value != NULL ? value : piece + strlen(piece);
    bp_status status = BP_OK;
    if (parameter->max > 0) {
        status = read_number(parameter, value, &number, err);
    } else if (parameter->words != NULL) {
        status = read_word(parameter, value, &number, err);
    }
    if (status != BP_OK) {
        return status;
    }
    query->given[query->count].parameter = parameter;
    query->given[query->count].value = value;
    query->given[query->count++].number = number;
    return BP_OK;
}

/* --- the query ------------------------------------------------------------------------------ */

bp_status bp_query_parse(bp_query *out, const char *raw, const bp_parameter *known, bp_error *err) {
    bp_query query = {.text = strdup(raw != NULL ? raw : "")};
    if (query.text == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the query");
    }
    bp_status status = BP_OK;
    char *rest = query.text, *piece;
    while (status == BP_OK && (piece = strsep(&rest, "&")) != NULL) {
        if (*piece != '\0') {
            status = read_piece(&query, piece, known, err);
        }
    }
    if (status != BP_OK) {
        bp_query_clear(&query);
        return status;
    }
    *out = query;
    return BP_OK;
}

void bp_query_clear(bp_query *query) {
    free(query->text);
    *query = (bp_query){0};
}

const char *bp_query_text(const bp_query *query, const bp_parameter *parameter) {
    size_t i = find_given(query, parameter);
    return i < query->count ? query->given[i].value : NULL;
}

uint64_t bp_query_number(const bp_query *query, const bp_parameter *parameter) {
    size_t i = find_given(query, parameter);
    return i < query->count ? query->given[i].number : parameter->by_default;
}
