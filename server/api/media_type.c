#include "media_type.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_type(const char *content_type, const char *type) {
    size_t size = strlen(type);
    return strncasecmp(content_type, type, size) == 0 &&
           strchr(" \t;,", content_type[size]) != NULL; /* also its end */
}

bp_media bp_media_of(const char *content_type) {
    if (content_type == NULL || *content_type == '\0') {
        return BP_MEDIA_NONE;
    }
    if (is_type(content_type, "application/json")) {
        return BP_MEDIA_JSON;
    }
    return is_type(content_type, "application/x-www-form-urlencoded") ? BP_MEDIA_FORM
                                                                      : BP_MEDIA_OTHER;
}

bool bp_media_is_among(const char *content_type, const char *const *types) {
    for (; *types != NULL; types++) {
        if (is_type(content_type, *types)) {
            return true;
        }
    }
    return false;
}

/* --- Accept --------------------------------------------------------------------------------- */

/* How closely a range of `size` bytes names a type: 3 itself, 2 its kind, 1 anything, 0 not. */
static int closeness(const char *range, size_t size, const char *type) {
    size_t kind = strcspn(type, "/") + 1;
    if (size == strlen(type) && strncasecmp(range, type, size) == 0) {
        return 3;
    }
    if (size == kind + 1 && strncasecmp(range, type, kind) == 0 && range[kind] == '*') {
        return 2;
    }
    return size == 3 && strncmp(range, "*/*", 3) == 0;
}

/* The weight among the parameters of a range, which end at `end`; 1 where none is said. */
static double weight_of(const char *range, const char *end) {
    for (const char *at = memchr(range, ';', (size_t)(end - range)); at != NULL;
         at = memchr(at + 1, ';', (size_t)(end - at - 1))) {
        const char *name = at + 1 + strspn(at + 1, " \t");
        if (end - name > 2 && (*name == 'q' || *name == 'Q') && name[1] == '=') {
            return strtod(name + 2, NULL);
        }
    }
    return 1;
}

/* What the closest range of an Accept says of a type; 0: not wanted. */
static double weight_for(const char *accept, const char *type) {
    double weight = 0;
    int closest = 0;
    for (const char *range = accept; *range != '\0';) {
        range += strspn(range, " \t,");
        size_t size = strcspn(range, ","), name = strcspn(range, " \t;,");
        int close = closeness(range, name, type);
        if (close > closest) {
            closest = close;
            weight = weight_of(range, range + size);
        }
        range += size;
    }
    return weight;
}

int bp_media_choose(const char *accept, const char *const *types) {
    if (accept == NULL || *accept == '\0') {
        return 0;
    }
    double best = 0;
    int chosen = -1;
    for (int i = 0; types[i] != NULL; i++) {
        double weight = weight_for(accept, types[i]);
        if (weight > best) {
            best = weight;
            chosen = i;
        }
    }
    return chosen;
}

/* --- the page it comes from ----------------------------------------------------------------- */

static const char *header(const bp_request *request, const char *name) {
    return request->header != NULL ? request->header(request->header_context, name) : NULL;
}

bool bp_request_is_foreign(const bp_request *request) {
    const char *site = header(request, "Sec-Fetch-Site");
    if (site != NULL) {
        return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
    }
    const char *origin = header(request, "Origin");
    if (origin == NULL) {
        return false;
    }
    const char *host = header(request, "Host"), *authority = strstr(origin, "://");
    return host == NULL || authority == NULL || strcasecmp(authority + 3, host) != 0;
}
