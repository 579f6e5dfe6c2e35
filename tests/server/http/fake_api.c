#include "fake_api.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api.h"
#include "fake_stream.h"

typedef enum fake_kind {
    ECHO,
    REFUSE,
    GATE,
    STATIC,
    EMPTY,
    BIG,
    STREAM,
    BEATS,
    ENDLESS,
    OTHER
} fake_kind;

struct bp_exchange {
    fake_kind kind;
    char method[16], path[512], query[512], id[32];
    int64_t content_length;
    size_t received;
    uint64_t sum; /* of position-weighted bytes: order and loss show */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static fake_counts counts;
static bool gate_open;

static void count(size_t *which, int change) {
    pthread_mutex_lock(&lock);
    *which += (size_t)change;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void fake_api_reset(void) {
    pthread_mutex_lock(&lock);
    counts = (fake_counts){0};
    gate_open = false;
    pthread_mutex_unlock(&lock);
}

fake_counts fake_api_counts(void) {
    pthread_mutex_lock(&lock);
    fake_counts copy = counts;
    pthread_mutex_unlock(&lock);
    return copy;
}

void fake_api_open_gate(void) {
    pthread_mutex_lock(&lock);
    gate_open = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static bool all_at_gate_locked(size_t wanted) {
    return counts.at_gate == wanted;
}

static bool all_freed_locked(size_t wanted) {
    (void)wanted;
    return counts.freed == counts.begun;
}

static int wait_until(bool (*holds_locked)(size_t), size_t wanted) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&lock);
    int late = 0;
    while (!holds_locked(wanted) && late == 0)
        late = pthread_cond_timedwait(&changed, &lock, &until);
    int holds = holds_locked(wanted);
    pthread_mutex_unlock(&lock);
    return holds;
}

int fake_api_wait_at_gate(size_t wanted) {
    return wait_until(all_at_gate_locked, wanted);
}

int fake_api_wait_all_freed(void) {
    return wait_until(all_freed_locked, 0);
}

/* --- api.h ---------------------------------------------------------------------------------- */

static fake_kind kind_of(const char *path) {
    static const char *const paths[] = {"/echo", "/refuse", "/gate",  "/static", "/empty",
                                        "/big",  "/stream", "/beats", "/endless"};
    for (int i = 0; i < OTHER; i++)
        if (strcmp(path, paths[i]) == 0)
            return (fake_kind)i;
    return OTHER;
}

bp_exchange *bp_exchange_begin(bp_api *api, const bp_request *request, bp_body_plan *plan) {
    (void)api;
    bp_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        abort();
    exchange->kind = kind_of(request->path);
    snprintf(exchange->method, sizeof exchange->method, "%s", request->method);
    snprintf(exchange->path, sizeof exchange->path, "%s", request->path);
    snprintf(exchange->query, sizeof exchange->query, "%s",
             request->query != NULL ? request->query : "-");
    snprintf(exchange->id, sizeof exchange->id, "%s", request->request_id);
    exchange->content_length = request->content_length;
    const char *host = request->header(request->header_context, "hOST");
    if (host == NULL || strcmp(host, "test") != 0)
        exchange->kind = OTHER;
    *plan = exchange->kind == REFUSE ? BP_BODY_REFUSE : BP_BODY_READ;
    count(&counts.begun, 1);
    return exchange;
}

void bp_exchange_feed(bp_exchange *exchange, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        exchange->sum = exchange->sum * 31 + (unsigned char)bytes[i];
    exchange->received += size;
}

bool bp_exchange_is_slow(const bp_exchange *exchange) {
    return exchange->kind == GATE;
}

static void wait_at_gate(void) {
    count(&counts.at_gate, 1);
    pthread_mutex_lock(&lock);
    while (!gate_open)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    count(&counts.at_gate, -1);
}

static void echo(const bp_exchange *exchange, bp_response *response) {
    char *text = NULL;
    int size = asprintf(&text, "%s %s?%s length=%lld body=%zu sum=%llx id=%s", exchange->method,
                        exchange->path, exchange->query, (long long)exchange->content_length,
                        exchange->received, (unsigned long long)exchange->sum, exchange->id);
    if (size < 0)
        abort();
    response->content_type = "text/plain";
    response->body = text;
    response->body_size = (size_t)size;
}

static void add_header(bp_response *response, const char *name, const char *value) {
    response->headers[response->header_count].name = name;
    response->headers[response->header_count++].value = strdup(value);
}

static void big(bp_response *response) {
    response->content_type = "application/octet-stream";
    response->body = malloc(FAKE_BIG_SIZE);
    if (response->body == NULL)
        abort();
    memset(response->body, 'b', FAKE_BIG_SIZE);
    response->body_size = FAKE_BIG_SIZE;
}

static void stream(fake_kind kind, bp_response *response) {
    enum { BEAT_MS = 100 };
    if (kind == ENDLESS)
        fake_stream_make_endless(&response->source);
    else
        fake_stream_make(&response->source, kind == BEATS ? BEAT_MS : 0);
}

void bp_exchange_finish(bp_exchange *exchange, bp_response *response) {
    static const unsigned statuses[] = {200, 413, 200, 200, 204, 200, 200, 200, 200, 404};
    response->status = statuses[exchange->kind];
    if (exchange->kind == GATE)
        wait_at_gate();
    if (exchange->kind == STATIC) {
        response->content_type = "text/html";
        response->static_body = "<p>static</p>";
        response->body_size = strlen(response->static_body);
        add_header(response, "Location", "/elsewhere");
        add_header(response, "Cache-Control", "max-age=60");
    } else if (exchange->kind == BIG) {
        big(response);
    } else if (exchange->kind >= STREAM && exchange->kind <= ENDLESS) {
        response->content_type = "text/plain";
        stream(exchange->kind, response);
    } else if (exchange->kind != EMPTY) {
        echo(exchange, response);
    }
    count(&counts.finished, 1);
}

void bp_exchange_free(bp_exchange *exchange) {
    if (exchange == NULL)
        return;
    free(exchange);
    count(&counts.freed, 1);
}

void bp_response_clear(bp_response *response) {
    free(response->body);
    if (response->source.close != NULL)
        response->source.close(response->source.context);
    for (size_t i = 0; i < response->header_count; i++)
        free(response->headers[i].value);
    *response = (bp_response){0};
}
