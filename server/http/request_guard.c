#include "request_guard.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { MAX_LENGTH_DIGITS = 18 }; /* below 2^63 */

static const bp_guard_verdict let_through = {0, NULL};

/* --- framing headers ------------------------------------------------------------------------ */

static bool is_http_1_1(const bp_guard_facts *facts) {
    return facts->version != NULL && strcmp(facts->version, "HTTP/1.1") == 0;
}

static bool two_lengths(const bp_guard_facts *facts) {
    return facts->content_length_count > 1;
}

static bool length_and_encoding(const bp_guard_facts *facts) {
    return facts->content_length_count > 0 && facts->transfer_encoding_count > 0;
}

static bool length_is_no_number(const bp_guard_facts *facts) {
    const char *text = facts->content_length;
    return text != NULL && (*text == '\0' || text[strspn(text, "0123456789")] != '\0');
}

static bool length_is_huge(const bp_guard_facts *facts) {
    return facts->content_length != NULL && strlen(facts->content_length) > MAX_LENGTH_DIGITS;
}

static bool two_encodings(const bp_guard_facts *facts) {
    return facts->transfer_encoding_count > 1;
}

static bool encoding_in_http_1_0(const bp_guard_facts *facts) {
    return facts->transfer_encoding_count > 0 && !is_http_1_1(facts);
}

static bool unknown_encoding(const bp_guard_facts *facts) {
    return facts->transfer_encoding != NULL && strcasecmp(facts->transfer_encoding, "chunked") != 0;
}

static bool not_one_host(const bp_guard_facts *facts) {
    return facts->host_count > 1 || (facts->host_count == 0 && is_http_1_1(facts));
}

static const struct {
    bool (*applies)(const bp_guard_facts *facts);
    bp_guard_verdict verdict;
} header_rules[] = {
    {two_lengths, {400, "The request has more than one Content-Length header."}},
    {length_and_encoding, {400, "The request has both Content-Length and Transfer-Encoding."}},
    {length_is_no_number, {400, "Content-Length is not a decimal number."}},
    {length_is_huge, {413, "Content-Length is beyond every limit."}},
    {two_encodings, {400, "The request has more than one Transfer-Encoding header."}},
    {encoding_in_http_1_0, {400, "Transfer-Encoding does not exist before HTTP/1.1."}},
    {unknown_encoding, {501, "The only transfer coding known here is chunked."}},
    {not_one_host, {400, "A request needs exactly one Host header."}},
};

bp_guard_verdict bp_guard_headers(const bp_guard_facts *facts) {
    for (size_t i = 0; i < sizeof header_rules / sizeof header_rules[0]; i++)
        if (header_rules[i].applies(facts))
            return header_rules[i].verdict;
    return let_through;
}

/* --- the target ----------------------------------------------------------------------------- */

static const bp_guard_verdict no_path = {400, "The request target is not a path."};
static const bp_guard_verdict too_long = {400, "The request target is longer than 8192 bytes."};
static const bp_guard_verdict bad_byte = {
    400, "The request target holds a byte that must be percent-encoded."};
static const bp_guard_verdict bad_escape = {400,
                                            "A percent sign must be followed by two hex digits."};
static const bp_guard_verdict control_escape = {
    400, "The request target holds a percent-encoded control character."};
static const bp_guard_verdict slash_escape = {400, "The path holds a percent-encoded slash."};
static const bp_guard_verdict dot_segment = {400, "The path holds a segment of dots."};
static const bp_guard_verdict not_utf8 = {400, "The request target does not decode to UTF-8."};

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    int lower = tolower((unsigned char)digit);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Follows a UTF-8 sequence (RFC 3629) byte by byte: `more` continuation bytes are due, the next in
 * low..high, which keeps overlong forms, surrogates and what lies beyond U+10FFFF out. */
typedef struct utf8_state {
    int more;
    unsigned char low, high;
} utf8_state;

static bool utf8_accept(utf8_state *state, unsigned char byte) {
    if (state->more > 0) {
        bool fits = byte >= state->low && byte <= state->high;
        *state = (utf8_state){state->more - 1, 0x80, 0xbf};
        return fits;
    }
    static const struct {
        unsigned char first, last;
        utf8_state next;
    } leads[] = {
        {0x00, 0x7f, {0, 0, 0}},       {0xc2, 0xdf, {1, 0x80, 0xbf}}, {0xe0, 0xe0, {2, 0xa0, 0xbf}},
        {0xe1, 0xec, {2, 0x80, 0xbf}}, {0xed, 0xed, {2, 0x80, 0x9f}}, {0xee, 0xef, {2, 0x80, 0xbf}},
        {0xf0, 0xf0, {3, 0x90, 0xbf}}, {0xf1, 0xf3, {3, 0x80, 0xbf}}, {0xf4, 0xf4, {3, 0x80, 0x8f}},
    };
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++) {
        if (byte >= leads[i].first && byte <= leads[i].last) {
            *state = leads[i].next;
            return true;
        }
    }
    return false;
}

/* Decodes the byte at *at, which moves past it. */
static bp_guard_verdict decode_byte(const char **at, bool in_path, unsigned char *byte) {
    const char *text = *at;
    *byte = (unsigned char)*text;
    if (*byte != '%') {
        *at = text + 1;
        return *byte > ' ' && *byte < 0x7f && *byte != '#' ? let_through : bad_byte;
    }
    int high = hex_value(text[1]);
    int low = high < 0 ? -1 : hex_value(text[2]);
    if (low < 0)
        return bad_escape;
    *byte = (unsigned char)(high * 16 + low);
    *at = text + 3;
    /* A query may well hold an encoded line break; a NUL ends strings and may stand nowhere. */
    if (*byte == 0 || (in_path && (*byte < ' ' || *byte == 0x7f)))
        return control_escape;
    return in_path && (*byte == '/' || *byte == '\\') ? slash_escape : let_through;
}

/* Decodes text up to `end` into `out` (NULL: only judges). */
static bp_guard_verdict decode(const char *text, const char *end, char *out) {
    utf8_state utf8 = {0, 0, 0};
    bool in_path = out != NULL;
    while (text < end) {
        unsigned char byte;
        bp_guard_verdict verdict = decode_byte(&text, in_path, &byte);
        if (verdict.status != 0)
            return verdict;
        if (!utf8_accept(&utf8, byte))
            return not_utf8;
        if (out != NULL)
            *out++ = (char)byte;
    }
    if (out != NULL)
        *out = '\0';
    return utf8.more > 0 ? not_utf8 : let_through;
}

static bool has_dot_segment(const char *path) {
    for (const char *slash = path; slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t size = strcspn(slash + 1, "/");
        if ((size == 1 && slash[1] == '.') || (size == 2 && slash[1] == '.' && slash[2] == '.'))
            return true;
    }
    return false;
}

/* The absolute form, "http://host/path", must be understood (RFC 9112, 3.2.2): its path. */
static const char *skip_authority(const char *target) {
    if (strncasecmp(target, "http://", 7) != 0)
        return target;
    const char *path = target + 7 + strcspn(target + 7, "/?");
    return *path == '/' ? path : "/";
}

bp_guard_verdict bp_guard_target(const char *target, char *path, const char **query) {
    if (target == NULL)
        return no_path;
    if (strnlen(target, BP_GUARD_MAX_TARGET + 1) > BP_GUARD_MAX_TARGET)
        return too_long;
    target = skip_authority(target);
    if (*target != '/')
        return no_path;
    const char *end = target + strlen(target);
    const char *mark = strchr(target, '?');
    bp_guard_verdict verdict = decode(target, mark != NULL ? mark : end, path);
    if (verdict.status == 0 && has_dot_segment(path))
        verdict = dot_segment;
    if (verdict.status == 0 && mark != NULL)
        verdict = decode(mark + 1, end, NULL);
    if (verdict.status == 0)
        *query = mark != NULL ? mark + 1 : NULL;
    return verdict;
}

const char *bp_guard_title(unsigned status) {
    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {
        {400, "Bad Request"},     {413, "Content Too Large"},   {500, "Internal Server Error"},
        {501, "Not Implemented"}, {503, "Service Unavailable"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}
