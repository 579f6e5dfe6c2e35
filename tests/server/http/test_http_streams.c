/* Replies that go on: waking, heartbeats, clients that leave or stop reading, and the server's end.
 */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "fake_api.h"
#include "fake_stream.h"
#include "http_server.h"
#include "raw_client.h"

#define HOST "Host: test\r\n"
#define STREAM "GET /stream HTTP/1.1\r\n" HOST "\r\n"
#define BEATS "GET /beats HTTP/1.1\r\n" HOST "\r\n"
#define ENDLESS "GET /endless HTTP/1.1\r\n" HOST "\r\n"
#define ECHO "GET /echo HTTP/1.1\r\n" HOST "\r\n"

static bp_http *http;

static void start(const bp_http_limits *limits) {
    fake_api_reset();
    fake_stream_reset();
    const bp_http_options options = {.threads = 2, .limits = *limits};
    assert_int_equal(bp_http_start(&http, &options, NULL), BP_OK);
}

static void stop_and_count(void) {
    bp_http_stop(http);
    fake_counts counts = fake_api_counts();
    assert_int_equal(counts.begun, counts.freed);
    assert_int_equal(fake_stream_open_count(), 0);
}

static int connected(void) {
    int client = raw_connect(bp_http_port(http));
    assert_true(client >= 0);
    return client;
}

/* A client whose request was answered with this status; the body is still to come. */
static int asked(const char *request, int status) {
    int client = connected();
    assert_int_equal(raw_send_text(client, request), 0);
    raw_reply reply = raw_receive(client, 1);
    assert_int_equal(reply.status, status);
    raw_reply_clear(&reply);
    return client;
}

/* Reads until the bytes have come. */
static void await(int client, const char *bytes) {
    char seen[4096] = "";
    size_t size = 0;
    while (strstr(seen, bytes) == NULL) {
        ssize_t got = recv(client, seen + size, sizeof seen - 1 - size, 0);
        if (got <= 0)
            fail_msg("%s, not %s", seen, bytes);
        size += (size_t)got;
        seen[size] = '\0';
    }
}

static void what_is_told_is_sent_at_once(void **state) {
    (void)state;
    start(&(bp_http_limits){0});
    fake_stream_tell("first");
    int client = asked(STREAM, 200);
    await(client, "6\r\nfirst\n\r\n");
    for (int i = 0; i < 20; i++) {
        char text[32], chunk[48];
        usleep(2000);
        snprintf(text, sizeof text, "number %02d", i);
        snprintf(chunk, sizeof chunk, "A\r\n%s\n\r\n", text);
        double begin = bp_clock_seconds();
        fake_stream_tell(text);
        await(client, chunk);
        assert_true(bp_clock_seconds() - begin < 2);
    }
    fake_stream_end();
    await(client, "0\r\n\r\n");
    /* The connection lives on. */
    assert_int_equal(raw_send_text(client, ECHO), 0);
    raw_reply reply = raw_receive(client, 0);
    assert_int_equal(reply.status, 200);
    raw_reply_clear(&reply);
    close(client);
    stop_and_count();
}

static void a_client_of_http_1_0_reads_to_the_end(void **state) {
    (void)state;
    start(&(bp_http_limits){0});
    int client = asked("GET /stream HTTP/1.0\r\n" HOST "\r\n", 200);
    fake_stream_tell("one");
    await(client, "one\n");
    fake_stream_end();
    assert_true(raw_wait_closed(client) >= 0);
    close(client);
    stop_and_count();
}

static void head_gets_no_body(void **state) {
    (void)state;
    start(&(bp_http_limits){0});
    int client = asked("HEAD /stream HTTP/1.1\r\n" HOST "\r\n", 200);
    assert_true(raw_wait_closed(client) >= 0); /* not a byte besides the head */
    assert_true(fake_stream_wait_open(0));
    close(client);
    stop_and_count();
}

static void a_quiet_stream_beats_and_is_not_reaped(void **state) {
    (void)state;
    start(&(bp_http_limits){.header_ms = 200, .idle_ms = 300, .body_grace_ms = 200});
    int client = asked(BEATS, 200), silent = asked(STREAM, 200);
    double begin = bp_clock_seconds();
    for (int i = 0; i < 10; i++)
        await(client, "1\r\n.\r\n");
    double elapsed = bp_clock_seconds() - begin;
    assert_true(elapsed > 0.8);
    fake_stream_tell("still there");
    await(silent, "still there\n");
    await(client, "still there\n");
    close(client);
    close(silent);
    stop_and_count();
}

static void a_broken_stream_has_no_end(void **state) {
    (void)state;
    start(&(bp_http_limits){0});
    int client = asked(STREAM, 200);
    fake_stream_break();
    assert_true(raw_wait_closed(client) >= 0); /* no last chunk */
    close(client);
    stop_and_count();
}

/* Descriptors of this process. */
static int count_descriptors(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void who_leaves_is_noticed_at_once(void **state) {
    (void)state;
    enum { CLIENTS = 40 };
    start(&(bp_http_limits){0});
    int clients[CLIENTS], before = count_descriptors();
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = asked(STREAM, 200);
    assert_true(fake_stream_wait_open(CLIENTS));
    for (int i = 0; i < CLIENTS; i++) {
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        if (i % 2 == 0) /* half of them with a reset, half in order */
            setsockopt(clients[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(clients[i]);
    }
    double begin = bp_clock_seconds();
    assert_true(fake_stream_wait_open(0)); /* without a heartbeat, without anything told */
    assert_true(fake_api_wait_all_freed());
    while (count_descriptors() > before && bp_clock_seconds() - begin < 10)
        usleep(1000);
    assert_true(bp_clock_seconds() - begin < 2);
    stop_and_count();
}

static void who_reads_nothing_is_dropped(void **state) {
    (void)state;
    start(&(bp_http_limits){.stall_ms = 1000});
    int stuck = asked(ENDLESS, 200), steady = asked(ENDLESS, 200), quiet = asked(STREAM, 200);
    char bytes[65536];
    double begin = bp_clock_seconds();
    while (bp_clock_seconds() - begin < 2.5) {
        assert_true(recv(steady, bytes, sizeof bytes, 0) > 0); /* slowly: it stays */
        usleep(20000);
        if (bp_clock_seconds() - begin < 0.3)
            assert_int_equal(fake_stream_open_count(), 3);
    }
    assert_int_equal(fake_stream_open_count(), 2);
    fake_stream_tell("quiet is not stuck");
    await(quiet, "quiet is not stuck");
    close(stuck);
    close(steady);
    close(quiet);
    stop_and_count();
}

/* All was given to the socket, which takes more for a while: its client does not. */
static void who_reads_nothing_of_a_sleeping_stream_is_dropped(void **state) {
    (void)state;
    enum { LONG = 400000 };
    char *text = malloc(LONG + 1);
    assert_non_null(text);
    memset(text, 'y', LONG);
    text[LONG] = '\0';
    start(&(bp_http_limits){.stall_ms = 1000});
    int stuck = asked(BEATS, 200), quiet = asked(BEATS, 200);
    fake_stream_tell(text);
    double begin = bp_clock_seconds();
    char bytes[65536];
    while (bp_clock_seconds() - begin < 2.5)
        assert_true(recv(quiet, bytes, sizeof bytes, 0) > 0);
    assert_int_equal(fake_stream_open_count(), 1);
    free(text);
    close(stuck);
    close(quiet);
    stop_and_count();
}

static void more_streams_than_places_get_503(void **state) {
    (void)state;
    start(&(bp_http_limits){.streams = 3});
    int clients[3];
    for (int i = 0; i < 3; i++)
        clients[i] = asked(STREAM, 200);
    int refused = connected();
    assert_int_equal(raw_send_text(refused, STREAM), 0);
    raw_reply reply = raw_receive(refused, 0);
    assert_int_equal(reply.status, 503);
    char type[64];
    assert_string_equal(raw_header(&reply, "Content-Type", type, sizeof type),
                        "application/problem+json");
    raw_reply_clear(&reply);
    close(clients[0]);
    assert_true(fake_stream_wait_open(2));
    assert_int_equal(raw_send_text(refused, STREAM), 0); /* on the same connection */
    reply = raw_receive(refused, 1);
    assert_int_equal(reply.status, 200);
    raw_reply_clear(&reply);
    close(refused);
    close(clients[1]);
    close(clients[2]);
    stop_and_count();
}

static void stopping_ends_streams_in_order(void **state) {
    (void)state;
    enum { CLIENTS = 50 };
    start(&(bp_http_limits){.stop_ms = 5000});
    int clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = asked(i % 2 == 0 ? STREAM : BEATS, 200);
    fake_stream_tell("last");
    double begin = bp_clock_seconds();
    stop_and_count();
    assert_true(bp_clock_seconds() - begin < 4); /* nothing had to be waited for */
    for (int i = 0; i < CLIENTS; i++) {
        await(clients[i], "0\r\n\r\n");
        close(clients[i]);
    }
}

static void stopping_cuts_who_reads_nothing(void **state) {
    (void)state;
    start(&(bp_http_limits){.stop_ms = 100});
    int stuck = asked(ENDLESS, 200);
    usleep(100000);
    stop_and_count();
    close(stuck);
}

/* --- CPU ------------------------------------------------------------------------------------ */

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void quiet_streams_cost_nothing(void **state) {
    (void)state;
    enum { CLIENTS = 100 };
    start(&(bp_http_limits){0});
    int clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = asked(STREAM, 200);
    usleep(100000);
    double begin = cpu_seconds();
    sleep(2);
    double share = (cpu_seconds() - begin) / 2;
    print_message("100 quiet streams: %.3f %% of a core\n", share * 100);
    assert_true(share < 0.005);
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    stop_and_count();
}

/* --- threads -------------------------------------------------------------------------------- */

static atomic_bool telling;

static void *keep_telling(void *context) {
    (void)context;
    for (int i = 0; atomic_load(&telling) && i < 100000; i++) {
        fake_stream_tell("again");
        usleep(100);
    }
    return NULL;
}

typedef struct visitor {
    pthread_t thread;
    uint16_t port;
    unsigned seed;
} visitor;

/* Opens streams, reads a little of them, leaves in one of several ways. */
static void *visit(void *context) {
    visitor *one = context;
    static const char *const requests[] = {STREAM, BEATS, ENDLESS, ECHO};
    while (atomic_load(&telling)) {
        int client = raw_connect(one->port);
        if (client < 0)
            continue;
        char bytes[256];
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        raw_send_text(client, requests[rand_r(&one->seed) % 4]);
        for (int reads = rand_r(&one->seed) % 4; reads > 0; reads--)
            if (recv(client, bytes, sizeof bytes, 0) <= 0)
                break;
        if (rand_r(&one->seed) % 2 == 0)
            setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        if (rand_r(&one->seed) % 4 == 0)
            usleep(rand_r(&one->seed) % 3000);
        close(client);
    }
    return NULL;
}

static void crowds_come_and_go_until_the_end(void **state) {
    (void)state;
    enum { ROUNDS = 8, VISITORS = 6 };
    for (unsigned round = 0; round < ROUNDS; round++) {
        start(&(bp_http_limits){.stop_ms = 200, .streams = 4, .stall_ms = 100});
        pthread_t teller;
        visitor visitors[VISITORS];
        atomic_store(&telling, true);
        assert_int_equal(pthread_create(&teller, NULL, keep_telling, NULL), 0);
        for (unsigned i = 0; i < VISITORS; i++) {
            visitors[i] = (visitor){.port = bp_http_port(http), .seed = round * VISITORS + i};
            assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
        }
        usleep(150000 + round * 3000);
        stop_and_count(); /* while they are at it */
        atomic_store(&telling, false);
        pthread_join(teller, NULL);
        for (unsigned i = 0; i < VISITORS; i++)
            pthread_join(visitors[i].thread, NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_sent_at_once),
        cmocka_unit_test(a_client_of_http_1_0_reads_to_the_end),
        cmocka_unit_test(head_gets_no_body),
        cmocka_unit_test(a_quiet_stream_beats_and_is_not_reaped),
        cmocka_unit_test(a_broken_stream_has_no_end),
        cmocka_unit_test(who_leaves_is_noticed_at_once),
        cmocka_unit_test(who_reads_nothing_is_dropped),
        cmocka_unit_test(who_reads_nothing_of_a_sleeping_stream_is_dropped),
        cmocka_unit_test(more_streams_than_places_get_503),
        cmocka_unit_test(stopping_ends_streams_in_order),
        cmocka_unit_test(stopping_cuts_who_reads_nothing),
        cmocka_unit_test(quiet_streams_cost_nothing),
        cmocka_unit_test(crowds_come_and_go_until_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
