#include "event_text.h"

#include <inttypes.h>

#include "reply.h"

void bp_event_put_json(bp_text *text, const bp_event *event) {
    char at[BP_TIME_TEXT_SIZE];
    bp_text_printf(text, "{\"sequence\":%" PRIu64 ",\"at\":\"%s\",\"type\":\"%s\",\"data\":",
                   event->sequence, bp_time_text(event->at, at), bp_event_type_name(event->type));
    bp_text_puts(text, event->data);
    bp_text_puts(text, "}");
}

/* --- the forms ------------------------------------------------------------------------------ */

static void put_as_source(bp_text *text, const bp_event *event) {
    bp_text_printf(text, "id: %" PRIu64 "\nevent: %s\ndata: ", event->sequence,
                   bp_event_type_name(event->type));
    bp_event_put_json(text, event);
    bp_text_puts(text, "\n\n");
}

static void put_as_line(bp_text *text, const bp_event *event) {
    bp_event_put_json(text, event);
    bp_text_puts(text, "\n");
}

const bp_event_form bp_event_source_form = {.media_type = "text/event-stream",
                                            .opening = "retry: 1000\n\n",
                                            .heartbeat = ":\n\n",
                                            .put = put_as_source};

const bp_event_form bp_event_lines_form = {
    .media_type = "application/x-ndjson", .opening = "", .heartbeat = "\n", .put = put_as_line};

/* --- the page ------------------------------------------------------------------------------- */

enum { BATCH = 32 };

/* Up to `limit` events; the sequence of the last one, or `after`. */
static uint64_t put_events(bp_text *text, bp_event_log *log, uint64_t after, size_t limit,
                           bp_event_view *view) {
    bp_event events[BATCH];
    size_t left = limit, taken = 0;
    do {
        taken = bp_event_log_read(log, after, events, left < BATCH ? left : BATCH, view);
        for (size_t i = 0; i < taken; i++) {
            bp_text_puts(text, left == limit && i == 0 ? "" : ", ");
            bp_event_put_json(text, &events[i]);
            after = events[i].sequence;
        }
        left -= taken;
    } while (taken == BATCH && left > 0);
    return after;
}

void bp_event_put_page(bp_text *text, bp_event_log *log, uint64_t after, size_t limit) {
    bp_event_view view;
    bp_text_puts(text, "{\"events\": [");
    after = put_events(text, log, after, limit, &view);
    if (view.closed && after >= view.last) {
        bp_text_puts(text, "], \"next\": null}\n");
    } else {
        bp_text_printf(text, "], \"next\": %" PRIu64 "}\n", after);
    }
}
