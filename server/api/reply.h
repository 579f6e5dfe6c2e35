/* Filling a response. */
#ifndef BP_REPLY_H
#define BP_REPLY_H

#include <jansson.h>

#include "api.h"
#include "text_buffer.h"

extern const char bp_json_type[]; /* "application/json" */

/* Takes `json`. NO_MEMORY, also where `json` is NULL because it could not be made. */
BP_NODISCARD bp_status bp_reply_json(bp_response *response, unsigned status, json_t *json,
                                     bp_error *err);
/* Appends and takes `json`; text->failed: no memory, also where it is NULL. */
void bp_reply_put_json(bp_text *text, json_t *json);
/* Takes the text, also on failure. NO_MEMORY: text->failed. */
BP_NODISCARD bp_status bp_reply_text(bp_response *response, unsigned status, bp_text *text,
                                     bp_error *err);
/* `name` is static; the value is formatted (< 256 bytes). */
BP_NODISCARD bp_status bp_reply_header(bp_response *response, bp_error *err, const char *name,
                                       const char *format, ...) BP_PRINTF(4, 5);

/* "2026-01-31T12:00:00.123Z" (RFC 3339, UTC); "" for 0. Returns `text`. Any thread. */
enum { BP_TIME_TEXT_SIZE = 40 };
const char *bp_time_text(double wall_seconds, char text[BP_TIME_TEXT_SIZE]);
/* The same; null for 0. */
json_t *bp_json_time(double wall_seconds);
/* An array of strings, the first `limit` of them. */
json_t *bp_json_names(const bp_names *names, size_t limit);
/* {"key": items, "next": cursor or null}; takes both (cursor NULL: null). */
json_t *bp_json_page(const char *key, json_t *items, json_t *cursor);

#endif
