#include "media_type.h"

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
