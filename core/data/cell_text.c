#include "cell_text.h"

#include <string.h>

enum { EXCERPT_BYTES = 40 };

bp_cell bp_cell_of(const char *text) {
    return (bp_cell){text, strlen(text)};
}

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

bp_cell bp_cell_trim(bp_cell cell) {
    while (cell.size > 0 && is_space(cell.text[0])) {
        cell.text++;
        cell.size--;
    }
    while (cell.size > 0 && is_space(cell.text[cell.size - 1])) {
        cell.size--;
    }
    return cell;
}

/* What a lead byte of RFC 3629, section 4, asks of its followers: how many, and the range of the
 * first of them, which is what rules out long forms, surrogates and code points past U+10FFFF. */
static const struct lead {
    unsigned char from, to, length, second_from, second_to;
} leads[] = {
    {0x01, 0x7F, 1, 0x00, 0x00}, {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct lead *find_lead(unsigned char byte) {
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (byte >= leads[i].from && byte <= leads[i].to) {
            return &leads[i];
        }
    }
    return NULL;
}

/* Bytes of the character at `text`; 0: none that is UTF-8. */
static size_t character_size(const unsigned char *text, size_t size) {
    const struct lead *lead = find_lead(text[0]);
    if (lead == NULL || lead->length > size) {
        return 0;
    }
    for (size_t i = 1; i < lead->length; i++) {
        unsigned char from = i == 1 ? lead->second_from : 0x80;
        unsigned char to = i == 1 ? lead->second_to : 0xBF;
        if (text[i] < from || text[i] > to) {
            return 0;
        }
    }
    return lead->length;
}

bool bp_text_is_utf8(const char *text, size_t size) {
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < size;) {
        if (bytes[i] > 0 && bytes[i] < 0x80) { /* what most text is made of */
            i++;
            continue;
        }
        size_t length = character_size(bytes + i, size - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

/* C0, DEL and the C1 controls (U+0080 to U+009F). */
static bool is_control(const unsigned char *text) {
    return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0);
}

const char *bp_text_excerpt(bp_cell cell, char out[BP_EXCERPT_SIZE]) {
    const unsigned char *bytes = (const unsigned char *)cell.text;
    size_t used = 0;
    size_t read = 0;
    while (read < cell.size) {
        size_t length = character_size(bytes + read, cell.size - read);
        bool printable = length > 0 && !is_control(bytes + read);
        if (used + (printable ? length : 1) > EXCERPT_BYTES) {
            break;
        }
        if (printable) {
            memcpy(out + used, bytes + read, length);
        } else {
            out[used] = '?';
        }
        used += printable ? length : 1;
        read += length > 0 ? length : 1;
    }
    const char *end = read < cell.size ? "..." : "";
    memcpy(out + used, end, strlen(end) + 1);
    return out;
}
