/* Events as text, in the forms that readers ask for. */
#ifndef BP_EVENT_TEXT_H
#define BP_EVENT_TEXT_H

#include "event_log.h"
#include "text_buffer.h"

/* What a stream of events is made of. */
typedef struct bp_event_form {
    const char *media_type;
    const char *opening;   /* before the first event */
    const char *heartbeat; /* where nothing happens */
    void (*put)(bp_text *text, const bp_event *event);
} bp_event_form;

extern const bp_event_form bp_event_source_form; /* text/event-stream */
extern const bp_event_form bp_event_lines_form;  /* application/x-ndjson */

/* {"sequence", "at", "type", "data"}, without a line break. */
void bp_event_put_json(bp_text *text, const bp_event *event);

/* {"events": [...], "next": sequence or null}: at most `limit` (1..BP_EVENT_PAGE_MOST) events after
 * `after`; next is null when no other will come. */
enum { BP_EVENT_PAGE_MOST = 1000 };
void bp_event_put_page(bp_text *text, bp_event_log *log, uint64_t after, size_t limit);

#endif
