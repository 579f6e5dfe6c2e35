#include "api_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { WAIT_MS = 120000, POLL_MS = 2 };

int bp_api_setup(void **state) {
    bp_api_fixture *fixture = calloc(1, sizeof *fixture);
    bp_error err = {0};
    bp_service_options service = {.threads = 2};
    if (fixture == NULL || bp_service_new(&fixture->service, &service, &err) != BP_OK) {
        print_error("%s\n", err.message);
        return -1;
    }
    bp_api_options api = {.service = fixture->service,
                          .version = BP_VERSION,
                          .max_json_bytes = 65536,
                          .max_upload_bytes = 262144};
    *state = fixture;
    return bp_api_new(&fixture->api, &api, &err) == BP_OK ? 0 : -1;
}

int bp_api_teardown(void **state) {
    bp_api_fixture *fixture = *state;
    bp_api_free(fixture->api);
    bp_service_free(fixture->service);
    free(fixture);
    return 0;
}

/* --- sending -------------------------------------------------------------------------------- */

static const char *find_header(void *context, const char *name) {
    const bp_sent *sent = context;
    if (strcasecmp(name, "Content-Type") == 0) {
        return sent->type;
    }
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        return sent->chunked ? "chunked" : NULL;
    }
    for (size_t i = 0; i + 1 < 6 && sent->headers[i] != NULL; i += 2) {
        if (strcasecmp(name, sent->headers[i]) == 0) {
            return sent->headers[i + 1];
        }
    }
    return NULL;
}

static void feed(bp_exchange *exchange, const bp_sent *sent) {
    size_t piece = sent->piece > 0 ? sent->piece : sent->body_size;
    for (size_t at = 0; at < sent->body_size; at += piece) {
        size_t rest = sent->body_size - at;
        bp_exchange_feed(exchange, sent->body + at, rest < piece ? rest : piece);
    }
}

bp_answer bp_send(void **state, bp_sent sent) {
    bp_api_fixture *fixture = *state;
    char path[512];
    size_t path_size = strcspn(sent.target, "?");
    snprintf(path, sizeof path, "%.*s", (int)path_size, sent.target);
    if (sent.body != NULL && sent.body_size == 0) {
        sent.body_size = strlen(sent.body);
    }
    const char *usual = sent.body != NULL ? "POST" : "GET";
    bp_request request = {
        .method = sent.method != NULL ? sent.method : usual,
        .path = path,
        .query = sent.target[path_size] == '?' ? sent.target + path_size + 1 : NULL,
        .content_length = sent.body == NULL || sent.chunked ? -1 : (int64_t)sent.body_size,
        .header = find_header,
        .header_context = &sent,
        .request_id = "test-request"};
    bp_answer answer = {0};
    bp_exchange *exchange = bp_exchange_begin(fixture->api, &request, &answer.plan);
    if (answer.plan == BP_BODY_READ && sent.body != NULL) {
        feed(exchange, &sent);
    }
    bp_exchange_finish(exchange, &answer.response);
    bp_exchange_free(exchange);
    const bp_response *response = &answer.response;
    const char *body = response->body != NULL ? response->body : response->static_body;
    if (body != NULL && strstr(response->content_type, "json") != NULL) {
        answer.json = json_loadb(body, response->body_size, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(answer.json);
    }
    return answer;
}

void bp_answer_clear(bp_answer *answer) {
    bp_response_clear(&answer->response);
    json_decref(answer->json);
    answer->json = NULL;
}

static void want_status(const bp_answer *answer, unsigned status, const bp_sent *sent) {
    if (answer->response.status != status) {
        const char *body = answer->response.body != NULL ? answer->response.body : "";
        fail_msg("%s %s: %u, not %u: %.*s", sent->method != NULL ? sent->method : "", sent->target,
                 answer->response.status, status, (int)answer->response.body_size, body);
    }
}

json_t *bp_expect(void **state, unsigned status, bp_sent sent) {
    bp_answer answer = bp_send(state, sent);
    want_status(&answer, status, &sent);
    json_t *json = json_incref(answer.json);
    bp_answer_clear(&answer);
    return json;
}

void bp_refused(void **state, bp_sent sent, unsigned status, const char *pointer,
                const char *word) {
    bp_answer answer = bp_send(state, sent);
    want_status(&answer, status, &sent);
    assert_string_equal(answer.response.content_type, "application/problem+json");
    assert_int_equal(bp_integer(answer.json, "status"), status);
    assert_string_equal(bp_string(answer.json, "request_id"), "test-request");
    assert_non_null(bp_string(answer.json, "title"));
    assert_non_null(bp_string(answer.json, "type"));
    const char *detail = bp_string(answer.json, "detail");
    assert_non_null(detail);
    if (word != NULL && strstr(detail, word) == NULL) {
        fail_msg("%s: '%s' does not say '%s'", sent.target, detail, word);
    }
    if (pointer != NULL) {
        json_t *place = json_array_get(json_object_get(answer.json, "errors"), 0);
        assert_non_null(place);
        assert_non_null(bp_string(place, "pointer"));
        assert_string_equal(bp_string(place, "pointer"), pointer);
    }
    bp_answer_clear(&answer);
}

/* --- reading -------------------------------------------------------------------------------- */

const char *bp_header_of(const bp_response *response, const char *name) {
    for (size_t i = 0; i < response->header_count; i++) {
        if (strcasecmp(response->headers[i].name, name) == 0) {
            return response->headers[i].value;
        }
    }
    return NULL;
}

const char *bp_string(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

json_int_t bp_integer(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static bool has_ended(const json_t *job) {
    const char *state = bp_string(job, "state");
    assert_non_null(state);
    return strcmp(state, "queued") != 0 && strcmp(state, "running") != 0;
}

json_t *bp_wait_for_job(void **state, json_int_t id) {
    char target[64];
    snprintf(target, sizeof target, "/v1/jobs/%lld", (long long)id);
    for (int waited = 0; waited < WAIT_MS; waited += POLL_MS) {
        json_t *job = bp_expect(state, 200, (bp_sent){.target = target});
        if (has_ended(job)) {
            return job;
        }
        json_decref(job);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    fail_msg("job %lld has not ended", (long long)id);
    return NULL;
}
