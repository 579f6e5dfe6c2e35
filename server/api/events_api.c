/* A job's events: four readers on one route. Accept chooses between a page of JSON, Server-Sent
 * Events and lines of JSON; ?wait= makes the page wait for something to tell. */
#include <stdlib.h>
#include <string.h>

#include "event_stream.h"
#include "media_type.h"
#include "reply.h"
#include "resources.h"

enum { AFTER, LIMIT, WAIT, HEARTBEAT_MS = 15000, LAST_ID_DIGITS = 18 };
const bp_parameter bp_events_parameters[] = {
    [AFTER] = {.name = "after", .max = INT64_MAX},
    [LIMIT] = {.name = "limit", .min = 1, .max = BP_EVENT_PAGE_MOST, .by_default = 100},
    [WAIT] = {.name = "wait", .max = 60},
    {0}};

typedef bp_status (*reader)(bp_call *call, bp_event_log *log, const bp_event_stream_options *asked,
                            bp_error *err);

/* What Accept may choose, and how it is answered. Each takes the reference to the log on success.
 */
static bp_status reply_page(bp_call *call, bp_event_log *log, const bp_event_stream_options *asked,
                            bp_error *err);
static bp_status reply_stream(bp_call *call, bp_event_log *log,
                              const bp_event_stream_options *asked, bp_error *err);
static const char *const offered[] = {"application/json", "text/event-stream",
                                      "application/x-ndjson", NULL};
static const struct {
    const bp_event_form *form;
    reader reply;
} readers[] = {{NULL, reply_page},
               {&bp_event_source_form, reply_stream},
               {&bp_event_lines_form, reply_stream}};

static bool has_news(bp_event_log *log, uint64_t after) {
    bp_event_view view;
    bp_event_log_read(log, after, NULL, 0, &view);
    return view.closed || view.last > after;
}

static bool has_ended(bp_event_log *log, uint64_t after) {
    bp_event_view view;
    bp_event_log_read(log, after, NULL, 0, &view);
    return view.closed && view.last <= after;
}

static bp_status go_on(bp_call *call, bp_event_log *log, const bp_event_stream_options *asked,
                       bp_error *err) {
    call->response->status = 200;
    call->response->content_type =
        asked->form != NULL ? asked->form->media_type : "application/json";
    return bp_event_stream_new(&call->response->source, log, asked, err);
}

static bp_status reply_page(bp_call *call, bp_event_log *log, const bp_event_stream_options *asked,
                            bp_error *err) {
    if (asked->idle_ms > 0 && !has_news(log, asked->after)) {
        return go_on(call, log, asked, err);
    }
    bp_text text = {0};
    bp_event_put_page(&text, log, asked->after, asked->limit);
    bp_status status = bp_reply_text(call->response, 200, &text, err);
    if (status == BP_OK) {
        bp_event_log_unref(log);
    }
    return status;
}

/* An EventSource comes again when a reply ends, until it is told that there is no content. */
static bp_status reply_stream(bp_call *call, bp_event_log *log,
                              const bp_event_stream_options *asked, bp_error *err) {
    if (asked->form == &bp_event_source_form && has_ended(log, asked->after)) {
        call->response->status = 204;
        bp_event_log_unref(log);
        return BP_OK;
    }
    return go_on(call, log, asked, err);
}

/* An EventSource names what it saw last in a header, and keeps the query of its first request. One
 * that is no sequence is none of ours. */
static uint64_t read_after(const bp_call *call) {
    const char *last = call->last_event_id;
    size_t digits = strspn(last, "0123456789");
    if (digits == 0 || digits > LAST_ID_DIGITS || last[digits] != '\0') {
        return bp_query_number(call->query, &bp_events_parameters[AFTER]);
    }
    return strtoull(last, NULL, 10);
}

static unsigned read_idle(const bp_call *call, const bp_event_form *form) {
    unsigned heartbeat = call->options->heartbeat_ms;
    if (form != NULL) {
        return heartbeat > 0 ? heartbeat : HEARTBEAT_MS;
    }
    return 1000 * (unsigned)bp_query_number(call->query, &bp_events_parameters[WAIT]);
}

bp_status bp_handle_get_events(bp_call *call, bp_error *err) {
    uint64_t id = 0;
    bp_event_log *log = NULL;
    bp_status status = bp_job_read_id(call, &id, err);
    int chosen = bp_media_choose(call->accept, offered);
    if (status == BP_OK && chosen < 0) {
        call->problem_status = 406;
        return bp_fail(err, BP_INVALID, NULL,
                       "events are given as application/json, text/event-stream or "
                       "application/x-ndjson");
    }
    if (status == BP_OK) {
        status = bp_service_find_events(call->service, id, &log, err);
    }
    if (status != BP_OK) {
        return status;
    }
    const bp_event_stream_options asked = {
        .form = readers[chosen].form,
        .after = read_after(call),
        .limit = bp_query_number(call->query, &bp_events_parameters[LIMIT]),
        .idle_ms = read_idle(call, readers[chosen].form)};
    status = readers[chosen].reply(call, log, &asked, err);
    if (status != BP_OK) {
        bp_event_log_unref(log);
    }
    return status;
}
