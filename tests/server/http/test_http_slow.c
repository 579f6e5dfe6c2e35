/* What takes time: slow exchanges, slow clients, stopping in the middle. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "fake_api.h"
#include "http_server.h"
#include "raw_client.h"

#define HOST "Host: test\r\n"
#define GATE "POST /gate HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\nab"
#define ECHO "GET /echo HTTP/1.1\r\n" HOST "\r\n"

static bp_http *http;

static void start(const bp_http_limits *limits) {
    fake_api_reset();
    const bp_http_options options = {.threads = 2, .limits = *limits};
    assert_int_equal(bp_http_start(&http, &options, NULL), BP_OK);
}

static void stop_and_count(void) {
    bp_http_stop(http);
    fake_counts counts = fake_api_counts();
    assert_int_equal(counts.begun, counts.freed);
}

static int connected(void) {
    int client = raw_connect(bp_http_port(http));
    assert_true(client >= 0);
    return client;
}

static int status_of(int client) {
    raw_reply reply = raw_receive(client, 0);
    int status = reply.status;
    raw_reply_clear(&reply);
    return status;
}

static int ask(int client, const char *request) {
    assert_int_equal(raw_send_text(client, request), 0);
    return status_of(client);
}

/* --- slow exchanges ------------------------------------------------------------------------- */

static void a_slow_exchange_holds_up_nobody(void **state) {
    (void)state;
    enum { SLOW = 6 };
    start(&(bp_http_limits){.slow_threads = 2});
    int slow[SLOW];
    for (size_t i = 0; i < SLOW; i++) {
        slow[i] = connected();
        assert_int_equal(raw_send_text(slow[i], GATE), 0);
    }
    assert_true(fake_api_wait_at_gate(2));
    for (int i = 0; i < 20; i++) {
        int quick = connected();
        assert_int_equal(ask(quick, ECHO), 200);
        close(quick);
    }
    fake_api_open_gate();
    for (size_t i = 0; i < SLOW; i++)
        assert_int_equal(status_of(slow[i]), 200);
    for (size_t i = 0; i < SLOW; i++) { /* and their connections live on */
        assert_int_equal(ask(slow[i], GATE), 200);
        close(slow[i]);
    }
    stop_and_count();
}

static void a_full_queue_answers_503(void **state) {
    (void)state;
    start(&(bp_http_limits){.slow_threads = 1, .slow_queue = 1});
    int first = connected(), second = connected(), third = connected();
    assert_int_equal(raw_send_text(first, GATE), 0);
    assert_true(fake_api_wait_at_gate(1));
    assert_int_equal(raw_send_text(second, GATE), 0);
    usleep(100000);
    assert_int_equal(ask(third, GATE), 503);
    assert_int_equal(ask(third, ECHO), 200);
    fake_api_open_gate();
    assert_int_equal(status_of(first), 200);
    assert_int_equal(status_of(second), 200);
    close(first);
    close(second);
    close(third);
    stop_and_count();
}

static void clients_that_leave_during_a_slow_finish(void **state) {
    (void)state;
    enum { SLOW = 20 };
    start(&(bp_http_limits){.slow_threads = 2});
    for (size_t i = 0; i < SLOW; i++) {
        int client = connected();
        assert_int_equal(raw_send_text(client, GATE), 0);
        if (i < 2)
            assert_true(fake_api_wait_at_gate(i + 1));
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        if (i % 2 == 0) /* half of them with a reset, half in order */
            setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(client);
    }
    usleep(50000);
    fake_api_open_gate();
    assert_true(fake_api_wait_all_freed());
    int client = connected();
    assert_int_equal(ask(client, GATE), 200);
    close(client);
    stop_and_count();
}

/* --- slow clients --------------------------------------------------------------------------- */

static void headers_must_come_in_time(void **state) {
    (void)state;
    start(&(bp_http_limits){.header_ms = 300, .idle_ms = 30000});
    int silent = connected(), dripping = connected(), late = connected();
    double since = bp_clock_seconds();
    assert_int_equal(ask(late, ECHO), 200);
    /* On a connection kept alive the limit counts from the request's first line. */
    assert_int_equal(raw_send_text(late, "GET /echo HTTP/1.1\r\nX-A: "), 0);
    static const char drip[] = "GET /echo HTTP/1.1\r\nHost: test\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (size_t i = 0; i + 1 < sizeof drip; i++) {
        if (raw_send(dripping, drip + i, 1) != 0)
            break;
        usleep(20000);
    }
    assert_true((bp_clock_seconds() - since) * 1e3 < 10000);
    assert_true(raw_wait_closed(silent) >= 0);
    assert_true(raw_wait_closed(dripping) >= 0);
    assert_true(raw_wait_closed(late) >= 0);
    close(silent);
    close(dripping);
    close(late);
    stop_and_count();
    assert_int_equal(fake_api_counts().begun, 1);
}

static void a_kept_connection_may_idle_so_long(void **state) {
    (void)state;
    start(&(bp_http_limits){.header_ms = 100, .idle_ms = 700});
    int client = connected();
    assert_int_equal(ask(client, ECHO), 200);
    usleep(300000); /* longer than the limit of headers */
    assert_int_equal(ask(client, ECHO), 200);
    int ms = raw_wait_closed(client);
    assert_true(ms >= 500 && ms < 5000);
    close(client);
    stop_and_count();
}

static void a_slow_body_is_closed_and_a_steady_one_is_not(void **state) {
    (void)state;
    start(&(bp_http_limits){.body_grace_ms = 300, .body_bytes_per_second = 200});
    int slow = connected(), steady = connected();
    const char *head = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n";
    assert_int_equal(raw_send_text(slow, head), 0);
    assert_int_equal(raw_send_text(steady, head), 0);
    char piece[50];
    memset(piece, 'a', sizeof piece);
    for (int i = 0; i < 20; i++) { /* 1000 bytes a second or more, and 20 bytes a second */
        assert_int_equal(raw_send(steady, piece, sizeof piece), 0);
        (void)raw_send(slow, piece, 1); /* fails once it is closed */
        usleep(50000);
    }
    assert_int_equal(status_of(steady), 200);
    assert_true(raw_wait_closed(slow) >= 0);
    close(slow);
    close(steady);
    stop_and_count();
}

static void a_slow_server_is_not_the_clients_fault(void **state) {
    (void)state;
    start(&(bp_http_limits){.header_ms = 100, .idle_ms = 100, .body_grace_ms = 100});
    int client = connected();
    assert_int_equal(raw_send_text(client, GATE), 0);
    assert_true(fake_api_wait_at_gate(1));
    usleep(600000);
    fake_api_open_gate();
    assert_int_equal(status_of(client), 200);
    close(client);
    stop_and_count();
}

/* --- stopping ------------------------------------------------------------------------------- */

static void *open_gate_later(void *unused) {
    (void)unused;
    usleep(400000);
    fake_api_open_gate();
    return NULL;
}

static void stopping_while_suspended_waits_and_answers(void **state) {
    (void)state;
    start(&(bp_http_limits){.slow_threads = 1, .stop_ms = 100});
    int running = connected(), waiting = connected(), idle = connected();
    assert_int_equal(ask(idle, ECHO), 200);
    assert_int_equal(raw_send_text(running, GATE), 0);
    assert_true(fake_api_wait_at_gate(1));
    assert_int_equal(raw_send_text(waiting, GATE), 0);
    usleep(50000);
    pthread_t opener;
    assert_int_equal(pthread_create(&opener, NULL, open_gate_later, NULL), 0);
    double since = bp_clock_seconds();
    stop_and_count();
    assert_true(bp_clock_seconds() - since < 8);
    pthread_join(opener, NULL);
    assert_int_equal(fake_api_counts().finished, 2); /* the echo and the one that ran */
    assert_int_equal(status_of(running), 200);
    assert_int_equal(status_of(waiting), 503);
    assert_true(raw_wait_closed(idle) >= 0);
    close(running);
    close(waiting);
    close(idle);
}

static void stopping_lets_a_slow_exchange_end_in_time(void **state) {
    (void)state;
    start(&(bp_http_limits){.slow_threads = 1, .stop_ms = 8000});
    int running = connected(), waiting = connected();
    assert_int_equal(raw_send_text(running, GATE), 0);
    assert_true(fake_api_wait_at_gate(1));
    assert_int_equal(raw_send_text(waiting, GATE), 0);
    usleep(50000);
    pthread_t opener;
    assert_int_equal(pthread_create(&opener, NULL, open_gate_later, NULL), 0);
    stop_and_count();
    pthread_join(opener, NULL);
    assert_int_equal(status_of(running), 200);
    assert_int_equal(status_of(waiting), 200);
    close(running);
    close(waiting);
}

static void stopping_cuts_an_upload_that_does_not_end(void **state) {
    (void)state;
    start(&(bp_http_limits){.stop_ms = 200});
    int client = connected();
    assert_int_equal(
        raw_send_text(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nab"), 0);
    usleep(100000);
    assert_int_equal(fake_api_counts().begun, 1);
    double since = bp_clock_seconds();
    stop_and_count();
    assert_true(bp_clock_seconds() - since < 5);
    assert_int_equal(fake_api_counts().finished, 0);
    assert_int_equal(status_of(client), 0);
    close(client);
}

static void a_stopped_server_takes_no_connection(void **state) {
    (void)state;
    start(&(bp_http_limits){0});
    uint16_t port = bp_http_port(http);
    stop_and_count();
    assert_int_equal(raw_connect(port), -1);
    for (int i = 0; i < 20; i++) { /* starting and stopping leaves nothing behind */
        start(&(bp_http_limits){0});
        int client = connected();
        assert_int_equal(ask(client, ECHO), 200);
        stop_and_count();
        close(client);
    }
}

/* Clients that come, ask and leave at every moment while the server is stopped: nothing to assert
 * but the counts; the sanitizers watch. */
typedef struct churn {
    uint16_t port;
    unsigned seed;
} churn;

static void *churn_clients(void *argument) {
    churn *it = argument;
    for (int i = 0; i < 40; i++) {
        int client = raw_connect(it->port);
        if (client < 0)
            return NULL;
        raw_send_text(client, i % 3 == 0 ? ECHO : GATE);
        it->seed = it->seed * 1103515245u + 12345u;
        if (it->seed >> 30 == 0)
            (void)status_of(client);
        else
            usleep(it->seed >> 20);
        close(client);
    }
    return NULL;
}

static void stopping_in_the_middle_of_a_crowd(void **state) {
    (void)state;
    for (unsigned round = 0; round < 10; round++) {
        start(&(bp_http_limits){.slow_queue = 4, .stop_ms = 20});
        fake_api_open_gate();
        pthread_t threads[4];
        churn churns[4];
        for (unsigned i = 0; i < 4; i++) {
            churns[i] = (churn){.port = bp_http_port(http), .seed = round * 4 + i + 1};
            assert_int_equal(pthread_create(&threads[i], NULL, churn_clients, &churns[i]), 0);
        }
        usleep(10000 + round * 5000);
        stop_and_count();
        for (unsigned i = 0; i < 4; i++)
            pthread_join(threads[i], NULL);
    }
}

static atomic_bool knocking;

static void *knock(void *port) {
    while (atomic_load(&knocking)) {
        int client = raw_connect(*(const uint16_t *)port);
        if (client >= 0)
            close(client);
    }
    return NULL;
}

/* The library's threads wake for a new client at the very moment of the stop. Taking the listening
 * socket from them then ended the process, once in some thousand times. */
static void stopping_as_clients_come(void **state) {
    (void)state;
    for (unsigned round = 0; round < 600; round++) {
        start(&(bp_http_limits){.stop_ms = 20});
        uint16_t port = bp_http_port(http);
        pthread_t threads[3];
        atomic_store(&knocking, true);
        for (unsigned i = 0; i < 3; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, knock, &port), 0);
        usleep(300 + round % 50 * 20);
        bp_http_stop(http);
        http = NULL;
        atomic_store(&knocking, false);
        for (unsigned i = 0; i < 3; i++)
            pthread_join(threads[i], NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_exchange_holds_up_nobody),
        cmocka_unit_test(a_full_queue_answers_503),
        cmocka_unit_test(clients_that_leave_during_a_slow_finish),
        cmocka_unit_test(headers_must_come_in_time),
        cmocka_unit_test(a_kept_connection_may_idle_so_long),
        cmocka_unit_test(a_slow_body_is_closed_and_a_steady_one_is_not),
        cmocka_unit_test(a_slow_server_is_not_the_clients_fault),
        cmocka_unit_test(stopping_while_suspended_waits_and_answers),
        cmocka_unit_test(stopping_lets_a_slow_exchange_end_in_time),
        cmocka_unit_test(stopping_cuts_an_upload_that_does_not_end),
        cmocka_unit_test(a_stopped_server_takes_no_connection),
        cmocka_unit_test(stopping_in_the_middle_of_a_crowd),
        cmocka_unit_test(stopping_as_clients_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
