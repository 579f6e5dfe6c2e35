#include "npy_header.h"

#include <stdlib.h>
#include <string.h>

#include "cell_text.h"

typedef struct npy_scan {
    const char *begin, *at, *end;
    size_t offset; /* of `begin` in the file */
    bp_npy_header header;
    bp_error *err;
} npy_scan;

static bp_status fail_here(const npy_scan *scan, bp_status code, const char *complaint) {
    return bp_fail(scan->err, code, NULL, "NPY header, byte %zu: %s",
                   scan->offset + (size_t)(scan->at - scan->begin), complaint);
}

static bool is_space(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The next byte that is no space; '\0' at the end. */
static char peek(npy_scan *scan) {
    while (scan->at < scan->end && is_space(*scan->at)) {
        scan->at++;
    }
    return scan->at < scan->end ? *scan->at : '\0';
}

static bool skip(npy_scan *scan, char byte) {
    bool is_there = scan->at < scan->end && peek(scan) == byte;
    scan->at += is_there;
    return is_there;
}

static bool skip_word(npy_scan *scan, const char *word) {
    size_t size = strlen(word);
    (void)peek(scan);
    bool is_there = (size_t)(scan->end - scan->at) >= size && memcmp(scan->at, word, size) == 0;
    scan->at += is_there ? size : 0;
    return is_there;
}

/* A string in single or double quotes, without escapes: none of NumPy's own strings has any. */
static bool read_string(npy_scan *scan, bp_cell *out) {
    char quote = peek(scan);
    if (quote != '\'' && quote != '"') {
        return false;
    }
    const char *text = scan->at + 1;
    const char *close = memchr(text, quote, (size_t)(scan->end - text));
    if (close == NULL) {
        return false;
    }
    *out = (bp_cell){text, (size_t)(close - text)};
    scan->at = close + 1;
    return true;
}

/* --- values --------------------------------------------------------------------------------- */

static const struct npy_type {
    const char *code;
    bp_number_type type;
} npy_types[] = {
    {"f4", BP_NUMBER_F32}, {"f8", BP_NUMBER_F64}, {"f2", BP_NUMBER_F16}, {"i1", BP_NUMBER_I8},
    {"i2", BP_NUMBER_I16}, {"i4", BP_NUMBER_I32}, {"i8", BP_NUMBER_I64}, {"u1", BP_NUMBER_U8},
    {"u2", BP_NUMBER_U16}, {"u4", BP_NUMBER_U32}, {"u8", BP_NUMBER_U64}, {"b1", BP_NUMBER_BOOL},
    {"?", BP_NUMBER_BOOL},
};

static bool find_type(bp_number_type *out, bp_cell code) {
    for (size_t i = 0; i < sizeof npy_types / sizeof npy_types[0]; i++) {
        const char *known = npy_types[i].code;
        if (code.size == strlen(known) && memcmp(code.text, known, code.size) == 0) {
            *out = npy_types[i].type;
            return true;
        }
    }
    return false;
}

static const char *kind_of(bp_cell code) {
    static const struct {
        char letter;
        const char *kind;
    } kinds[] = {{'O', "Python objects"}, {'S', "text"},    {'a', "text"},
                 {'U', "text"},           {'V', "records"}, {'c', "complex numbers"},
                 {'M', "dates"},          {'m', "times"}};
    for (size_t i = 0; code.size > 0 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].letter == code.text[0]) {
            return kinds[i].kind;
        }
    }
    return "of a type that is not known";
}

static bp_status fail_type(const npy_scan *scan, bp_cell descr, const char *kind) {
    char excerpt[BP_EXCERPT_SIZE];
    return bp_fail(scan->err, BP_INVALID, NULL,
                   "the array's dtype is %s, its values are %s: only floats of 2, 4 and 8 bytes, "
                   "integers and bool can be read",
                   bp_text_excerpt(descr, excerpt), kind);
}

static bp_status read_descr(npy_scan *scan) {
    bp_cell descr;
    if (peek(scan) == '[') {
        descr = (bp_cell){scan->at, (size_t)(scan->end - scan->at)};
        return fail_type(scan, descr, "structured");
    }
    if (!read_string(scan, &descr)) {
        return fail_here(scan, BP_SYNTAX, "a dtype in quotes should stand here");
    }
    bp_cell code = descr;
    char order = code.size > 0 ? code.text[0] : '\0';
    if (order != '\0' && strchr("<>|=", order) != NULL) {
        code.text++;
        code.size--;
    }
    scan->header.number.is_big_endian = order == '>';
    return find_type(&scan->header.number.type, code) ? BP_OK
                                                      : fail_type(scan, descr, kind_of(code));
}

static bp_status read_order(npy_scan *scan) {
    scan->header.is_fortran_order = skip_word(scan, "True");
    if (!scan->header.is_fortran_order && !skip_word(scan, "False")) {
        return fail_here(scan, BP_SYNTAX, "True or False should stand here");
    }
    return BP_OK;
}

static bp_status read_dimension(npy_scan *scan) {
    uint64_t value = 0;
    const char *first = scan->at;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
        if (__builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*scan->at - '0'), &value)) {
            return fail_here(scan, BP_TOO_LARGE, "the dimension has more digits than can be read");
        }
    }
    if (scan->at == first) {
        return fail_here(scan, BP_SYNTAX, "a dimension should stand here");
    }
    if (scan->header.rank == BP_ARRAY_MAX_RANK) {
        return fail_here(scan, BP_TOO_LARGE, "the array has more dimensions than NumPy allows");
    }
    (void)skip(scan, 'L'); /* as Python 2 wrote a long */
    scan->header.dimension[scan->header.rank++] = value;
    return BP_OK;
}

static bp_status read_shape(npy_scan *scan) {
    if (!skip(scan, '(')) {
        return fail_here(scan, BP_SYNTAX, "a tuple of dimensions should stand here");
    }
    bool goes_on = true;
    while (!skip(scan, ')')) {
        if (!goes_on) {
            return fail_here(scan, BP_SYNTAX, "a comma or a closing parenthesis should stand here");
        }
        (void)peek(scan);
        bp_status status = read_dimension(scan);
        if (status != BP_OK) {
            return status;
        }
        goes_on = skip(scan, ',');
    }
    return BP_OK;
}

/* --- the dictionary ------------------------------------------------------------------------- */

static const struct npy_key {
    const char *name;
    bp_status (*read)(npy_scan *scan);
} npy_keys[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};

enum { KEYS = sizeof npy_keys / sizeof npy_keys[0] };

static bp_status read_entry(npy_scan *scan, unsigned *seen) {
    bp_cell key;
    if (!read_string(scan, &key)) {
        return fail_here(scan, BP_SYNTAX, "a key in quotes should stand here");
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (key.size == strlen(npy_keys[i].name) &&
            memcmp(key.text, npy_keys[i].name, key.size) == 0) {
            if ((*seen & 1u << i) != 0) {
                return fail_here(scan, BP_SYNTAX, "the key before this stands here a second time");
            }
            *seen |= 1u << i;
            return skip(scan, ':') ? npy_keys[i].read(scan)
                                   : fail_here(scan, BP_SYNTAX, "a colon should follow the key");
        }
    }
    return fail_here(scan, BP_SYNTAX, "the key before this is not one of NPY's three");
}

static bp_status read_dictionary(npy_scan *scan) {
    unsigned seen = 0;
    bool goes_on = true;
    if (!skip(scan, '{')) {
        return fail_here(scan, BP_SYNTAX, "a dictionary should begin here");
    }
    while (!skip(scan, '}')) {
        if (!goes_on) {
            return fail_here(scan, BP_SYNTAX, "a comma or a closing brace should stand here");
        }
        bp_status status = read_entry(scan, &seen);
        if (status != BP_OK) {
            return status;
        }
        goes_on = skip(scan, ',');
    }
    if (seen != (1u << KEYS) - 1) {
        return fail_here(scan, BP_SYNTAX,
                         "the dictionary lacks one of descr, fortran_order and shape");
    }
    (void)peek(scan);
    return scan->at == scan->end
               ? BP_OK
               : fail_here(scan, BP_SYNTAX, "nothing but spaces may follow the dictionary");
}

bp_status bp_npy_header_parse(bp_npy_header *out, const char *text, size_t size, size_t offset,
                              bp_error *err) {
    npy_scan scan = {.begin = text, .at = text, .end = text + size, .offset = offset, .err = err};
    bp_status status = read_dictionary(&scan);
    if (status == BP_OK) {
        *out = scan.header;
    }
    return status;
}
