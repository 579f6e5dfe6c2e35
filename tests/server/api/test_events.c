/* A job's events through the API, without sockets: the four readers, and what chooses them. */
#include "api_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_stream.h"
#include "media_type.h"

/* --- Accept --------------------------------------------------------------------------------- */

static void accept_chooses(void **state) {
    (void)state;
    static const char *const types[] = {"application/json", "text/event-stream",
                                        "application/x-ndjson", NULL};
    static const struct {
        const char *accept;
        int chosen;
    } cases[] = {
        {NULL, 0},
        {"", 0},
        {"*/*", 0},
        {"application/*", 0},
        {"text/*", 1},
        {"text/event-stream", 1},
        {"Text/Event-Stream; charset=utf-8", 1},
        {"application/x-ndjson", 2},
        {"text/html, application/x-ndjson;q=0.5", 2},
        {"application/json;q=0.1, text/event-stream;q=0.2", 1},
        {"application/json;q=0, */*", 1},
        {"*/*;q=0.1,application/x-ndjson", 2},
        {"text/html,application/xhtml+xml,*/*;q=0.8", 0},
        {"text/html", -1},
        {"application/json;q=0", -1},
        {"text/event-streams", -1},
        {"application/jso", -1},
        {";,;q=,", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (bp_media_choose(cases[i].accept, types) != cases[i].chosen) {
            fail_msg("%s chose %d", cases[i].accept, bp_media_choose(cases[i].accept, types));
        }
    }
}

/* --- streams over a log --------------------------------------------------------------------- */

typedef struct made_stream {
    bp_event_log *log;
    bp_stream_source source;
    int wakes;
} made_stream;

static void count_wake(void *waker) {
    ++*(int *)waker;
}

static void tell(bp_event_log *log, bp_event_type type) {
    uint64_t sequence = 0;
    assert_int_equal(
        bp_event_log_append(log, type, 1000000000.25, strdup("{\"a\":1}"), &sequence, NULL), BP_OK);
    bp_event_log_commit(log, sequence);
}

static made_stream *open_stream(const bp_event_form *form, uint64_t after) {
    made_stream *made = calloc(1, sizeof *made);
    assert_non_null(made);
    const bp_event_stream_options options = {
        .form = form, .after = after, .limit = 10, .idle_ms = 1};
    assert_int_equal(bp_event_log_new(&made->log, NULL), BP_OK);
    assert_int_equal(
        bp_event_stream_new(&made->source, bp_event_log_ref(made->log), &options, NULL), BP_OK);
    made->source.open(made->source.context, count_wake, &made->wakes);
    return made;
}

static void close_stream(made_stream *made) {
    made->source.close(made->source.context);
    tell(made->log, BP_EVENT_WARNING); /* reaches nobody */
    bp_event_log_unref(made->log);
    free(made);
}

/* Pulls pieces of `size` until there is nothing; what the last pull said. */
static bp_pull drain(made_stream *made, size_t size, bool idle, bp_text *out) {
    for (;;) {
        char bytes[4096];
        size_t written = 0;
        assert_in_range(size, 1, sizeof bytes);
        bp_pull pulled = made->source.pull(made->source.context, bytes, size, idle, &written);
        if (pulled != BP_PULL_MORE) {
            assert_int_equal(written, 0);
            return pulled;
        }
        assert_in_range(written, 1, size);
        bp_text_put(out, bytes, written);
        idle = false;
    }
}

static void expect_text(bp_text *text, const char *expected) {
    bp_text_put(text, "", 1);
    assert_string_equal(text->bytes, expected);
    bp_text_clear(text);
}

#define EVENT(n, type)                                                                             \
    "{\"sequence\":" #n ",\"at\":\"2001-09-09T01:46:40.250Z\",\"type\":\"" type                    \
    "\",\"data\":{\"a\":1}}"

static void server_sent_events(void **state) {
    (void)state;
    bp_text text = {0};
    made_stream *made = open_stream(&bp_event_source_form, 0);
    assert_int_equal(drain(made, 3, false, &text), BP_PULL_WAIT); /* by pieces of three bytes */
    expect_text(&text, "retry: 1000\n\n");
    tell(made->log, BP_EVENT_QUEUED);
    assert_int_equal(made->wakes, 1);
    assert_int_equal(drain(made, 4096, true, &text), BP_PULL_WAIT);
    expect_text(&text, "id: 1\nevent: queued\ndata: " EVENT(1, "queued") "\n\n");
    assert_int_equal(drain(made, 4096, true, &text), BP_PULL_WAIT);
    expect_text(&text, ":\n\n");
    tell(made->log, BP_EVENT_FAILED);
    bp_event_log_close(made->log);
    assert_int_equal(made->wakes, 3);
    assert_int_equal(drain(made, 7, false, &text), BP_PULL_END);
    expect_text(&text, "id: 2\nevent: failed\ndata: " EVENT(2, "failed") "\n\n");
    assert_int_equal(drain(made, 4096, true, &text), BP_PULL_END);
    assert_int_equal(text.size, 0);
    close_stream(made);
}

static void lines(void **state) {
    (void)state;
    bp_text text = {0};
    made_stream *made = open_stream(&bp_event_lines_form, 1);
    tell(made->log, BP_EVENT_QUEUED);
    tell(made->log, BP_EVENT_STARTED);
    assert_int_equal(drain(made, 4096, false, &text), BP_PULL_WAIT);
    expect_text(&text, EVENT(2, "started") "\n");
    assert_int_equal(drain(made, 4096, true, &text), BP_PULL_WAIT);
    expect_text(&text, "\n");
    bp_event_log_close(made->log);
    assert_int_equal(drain(made, 4096, true, &text), BP_PULL_END);
    assert_int_equal(text.size, 0);
    close_stream(made);
}

static void a_page_waits(void **state) {
    (void)state;
    bp_text text = {0};
    made_stream *made = open_stream(NULL, 0);
    assert_int_equal(drain(made, 4096, false, &text), BP_PULL_WAIT);
    tell(made->log, BP_EVENT_QUEUED);
    assert_int_equal(drain(made, 4096, false, &text), BP_PULL_END);
    expect_text(&text, "{\"events\": [" EVENT(1, "queued") "], \"next\": 1}\n");
    close_stream(made);
    made = open_stream(NULL, 7);
    assert_int_equal(drain(made, 4096, true, &text), BP_PULL_END); /* the time is up */
    expect_text(&text, "{\"events\": [], \"next\": 7}\n");
    close_stream(made);
    made = open_stream(NULL, 0);
    bp_event_log_close(made->log);
    assert_int_equal(drain(made, 4096, false, &text), BP_PULL_END);
    expect_text(&text, "{\"events\": [], \"next\": null}\n");
    close_stream(made);
}

/* --- a reader that is far behind ------------------------------------------------------------ */

enum { MANY = 20000 };

/* Not by sequence: where every second event is an epoch, half of the epochs are every second one.
 */
static void epochs_are_thinned_by_their_own_count(void **state) {
    (void)state;
    bp_text text = {0};
    made_stream *made = open_stream(&bp_event_lines_form, 0);
    for (int i = 0; i < 1900; i++) {
        tell(made->log, i % 2 == 0 ? BP_EVENT_EPOCH : BP_EVENT_CHECKPOINT);
    }
    assert_int_equal(drain(made, 4096, false, &text), BP_PULL_WAIT);
    bp_text_put(&text, "", 1);
    int epochs = 0;
    for (const char *at = text.bytes; (at = strstr(at, "\"epoch\"")) != NULL; at++) {
        epochs++;
    }
    assert_in_range(epochs, 720, 730); /* 950, but for a half of the first 450 */
    bp_text_clear(&text);
    close_stream(made);
}

static void who_is_far_behind_gets_a_part_of_the_epochs(void **state) {
    (void)state;
    bp_text text = {0};
    made_stream *made = open_stream(&bp_event_lines_form, 0);
    for (int i = 1; i <= MANY; i++) {
        tell(made->log, i % 100 == 50 ? BP_EVENT_WARNING : BP_EVENT_EPOCH);
    }
    assert_int_equal(drain(made, 4096, false, &text), BP_PULL_WAIT);
    bp_text_put(&text, "", 1);
    int epochs = 0, warnings = 0, recent = 0;
    char *rest = text.bytes, *line;
    long previous = 0, sequence = 0;
    while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
        sequence = strtol(line + strlen("{\"sequence\":"), NULL, 10);
        assert_true(sequence > previous);
        previous = sequence;
        bool warns = strstr(line, "\"warning\"") != NULL;
        warnings += warns;
        epochs += !warns;
        recent += sequence > MANY - BP_EVENTS_BEHIND;
    }
    assert_int_equal(sequence, MANY); /* the last, an epoch */
    assert_int_equal(warnings, MANY / 100);
    assert_int_equal(recent, BP_EVENTS_BEHIND);
    assert_in_range(epochs, 3000, 4000); /* 1000 (1 + 1/2 + 1/3 + .. 1/20) = 3597 */
    bp_text_clear(&text);
    close_stream(made);
}

/* --- the route ------------------------------------------------------------------------------ */

static int setup(void **state) {
    if (bp_api_setup(state) != 0) {
        return -1;
    }
    json_decref(bp_expect(state, 201,
                          (bp_sent){.method = "PUT",
                                    .target = "/v1/datasets/d?target=k",
                                    .body = "x,k\n1,a\n2,b\n3,a\n4,b\n"}));
    json_decref(bp_expect(state, 201,
                          (bp_sent){.target = "/v1/models",
                                    .body = "{\"name\": \"m\", \"layers\": [{\"units\": 2}]}"}));
    json_decref(bp_expect(state, 202,
                          (bp_sent){.target = "/v1/jobs",
                                    .body = "{\"model\": \"m\", \"dataset\": \"d\", \"epochs\": 2,"
                                            " \"validation\": {\"fraction\": 0}}"}));
    json_decref(bp_wait_for_job(state, 1));
    bp_event_log *log = NULL;
    bp_event_view view;
    bp_api_fixture *fixture = *state;
    if (bp_service_find_events(fixture->service, 1, &log, NULL) != BP_OK) {
        return -1;
    }
    do {
        bp_event_log_read(log, 0, NULL, 0, &view);
    } while (!view.closed); /* a moment after the job's end */
    bp_event_log_unref(log);
    return 0;
}

#define EVENTS "/v1/jobs/1/events"

static void pages(void **state) {
    json_t *page = bp_expect(state, 200, (bp_sent){.target = EVENTS "?limit=2"});
    assert_int_equal(json_array_size(json_object_get(page, "events")), 2);
    assert_int_equal(bp_integer(page, "next"), 2);
    json_decref(page);
    page = bp_expect(state, 200, (bp_sent){.target = EVENTS "?after=2&wait=60"});
    assert_int_equal(json_array_size(json_object_get(page, "events")), 3);
    assert_true(json_is_null(json_object_get(page, "next")));
    json_t *first = json_array_get(json_object_get(page, "events"), 0);
    assert_int_equal(bp_integer(first, "sequence"), 3);
    assert_string_equal(bp_string(first, "type"), "epoch");
    json_decref(page);
    page = bp_expect(state, 200, (bp_sent){.target = EVENTS "?after=999"});
    assert_int_equal(json_array_size(json_object_get(page, "events")), 0);
    json_decref(page);
}

static void what_is_refused(void **state) {
    bp_refused(state, (bp_sent){.target = "/v1/jobs/9/events"}, 404, NULL, "9");
    bp_refused(state, (bp_sent){.target = EVENTS "?wait=61"}, 400, NULL, "wait");
    bp_refused(state, (bp_sent){.target = EVENTS "?limit=0"}, 400, NULL, "limit");
    bp_refused(state, (bp_sent){.target = EVENTS, .headers = {"Accept", "text/html"}}, 406, NULL,
               "text/event-stream");
}

static bp_answer ask_source(void **state, const char *target, const char *last_id) {
    return bp_send(state,
                   (bp_sent){.target = target,
                             .headers = {"Accept", "text/event-stream",
                                         last_id != NULL ? "Last-Event-ID" : NULL, last_id}});
}

static void streams_are_given_and_resumed(void **state) {
    static const struct {
        const char *target, *last_id, *begins;
    } cases[] = {
        {EVENTS, NULL, "retry: 1000\n\nid: 1\nevent: queued\n"},
        {EVENTS "?after=3", NULL, "retry: 1000\n\nid: 4\nevent: epoch\n"},
        {EVENTS "?after=1", "4", "retry: 1000\n\nid: 5\nevent: succeeded\n"},
        {EVENTS "?after=4", "x", "retry: 1000\n\nid: 5\n"},
        {EVENTS, "9999999999999999999999", "retry: 1000\n\nid: 1\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bp_answer answer = ask_source(state, cases[i].target, cases[i].last_id);
        bp_stream_source *source = &answer.response.source;
        char bytes[4096];
        size_t written = 0;
        assert_int_equal(answer.response.status, 200);
        assert_string_equal(answer.response.content_type, "text/event-stream");
        assert_int_equal(source->idle_ms, 15000);
        assert_int_equal(source->pull(source->context, bytes, sizeof bytes, false, &written),
                         BP_PULL_MORE);
        assert_true(written > strlen(cases[i].begins));
        assert_memory_equal(bytes, cases[i].begins, strlen(cases[i].begins));
        assert_int_equal(source->pull(source->context, bytes, sizeof bytes, false, &written),
                         BP_PULL_END);
        bp_answer_clear(&answer); /* closes the source */
    }
    bp_answer answer = ask_source(state, EVENTS, "5");
    assert_int_equal(answer.response.status, 204);
    assert_null(answer.response.source.pull);
    bp_answer_clear(&answer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_chooses),
        cmocka_unit_test(server_sent_events),
        cmocka_unit_test(lines),
        cmocka_unit_test(a_page_waits),
        cmocka_unit_test(epochs_are_thinned_by_their_own_count),
        cmocka_unit_test(who_is_far_behind_gets_a_part_of_the_epochs),
        cmocka_unit_test(pages),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(streams_are_given_and_resumed),
    };
    return cmocka_run_group_tests(tests, setup, bp_api_teardown);
}
