/* Whole exchanges over real sockets, the API faked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_api.h"
#include "http_server.h"
#include "raw_client.h"

#define HOST "Host: test\r\n"

static bp_http *http;

static int start(void **state) {
    (void)state;
    fake_api_reset();
    const bp_http_options options = {.threads = 2};
    return bp_http_start(&http, &options, NULL) == BP_OK ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    bp_http_stop(http);
    fake_counts counts = fake_api_counts();
    return counts.begun == counts.freed ? 0 : -1;
}

static int connected(void) {
    int client = raw_connect(bp_http_port(http));
    assert_true(client >= 0);
    return client;
}

static raw_reply ask(int client, const char *request) {
    assert_int_equal(raw_send_text(client, request), 0);
    return raw_receive(client, strncmp(request, "HEAD", 4) == 0);
}

static void assert_header(const raw_reply *reply, const char *name, const char *value) {
    char found[128];
    assert_string_equal(raw_header(reply, name, found, sizeof found), value);
}

static void assert_begins(const char *text, const char *prefix) {
    if (strncmp(text, prefix, strlen(prefix)) != 0)
        fail_msg("%s does not begin with %s", text, prefix);
}

static void the_path_is_decoded_and_the_query_is_raw(void **state) {
    (void)state;
    int client = connected();
    raw_reply reply = ask(client, "GET /ec%68o?a=%20b+c HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 200);
    assert_begins(reply.body, "GET /echo?a=%20b+c length=-1 body=0 ");
    raw_reply_clear(&reply);
    close(client);
}

static void replies_carry_the_security_headers_and_an_id(void **state) {
    (void)state;
    int client = connected();
    char first[32], second[32];
    raw_reply reply = ask(client, "GET /echo HTTP/1.1\r\n" HOST "\r\n");
    assert_header(&reply, "X-Content-Type-Options", "nosniff");
    assert_header(&reply, "Cache-Control", "no-store");
    assert_header(&reply, "Content-Type", "text/plain");
    raw_header(&reply, "X-Request-Id", first, sizeof first);
    assert_int_equal(strspn(first, "0123456789abcdef"), 16);
    assert_int_equal(strlen(first), 16);
    assert_non_null(strstr(reply.body, first)); /* the API saw the same */
    raw_reply_clear(&reply);
    reply = ask(client, "GET /static HTTP/1.1\r\n" HOST "\r\n");
    assert_header(&reply, "X-Content-Type-Options", "nosniff");
    assert_header(&reply, "Cache-Control", "max-age=60");
    assert_header(&reply, "Location", "/elsewhere");
    assert_string_equal(reply.body, "<p>static</p>");
    raw_header(&reply, "X-Request-Id", second, sizeof second);
    assert_string_not_equal(first, second);
    raw_reply_clear(&reply);
    close(client);
}

static void a_connection_serves_many_requests(void **state) {
    (void)state;
    int client = connected();
    for (int i = 0; i < 100; i++) {
        char request[128], begin[64];
        snprintf(request, sizeof request,
                 "POST /echo?%d HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", i);
        snprintf(begin, sizeof begin, "POST /echo?%d length=3 body=3 ", i);
        raw_reply reply = ask(client, request);
        assert_begins(reply.body, begin);
        raw_reply_clear(&reply);
    }
    close(client);
}

static void pipelined_requests_are_answered_in_order(void **state) {
    (void)state;
    int client = connected();
    assert_int_equal(raw_send_text(client,
                                   "POST /echo?1 HTTP/1.1\r\n" HOST
                                   "Content-Length: 2\r\n\r\nabGET /echo?2 HTTP/1.1\r\n" HOST
                                   "\r\nGET /none HTTP/1.1\r\n" HOST "\r\n"),
                     0);
    raw_reply first = raw_receive(client, 0), second = raw_receive(client, 0),
              third = raw_receive(client, 0);
    assert_begins(first.body, "POST /echo?1 length=2 body=2 ");
    assert_begins(second.body, "GET /echo?2 length=-1 body=0 ");
    assert_int_equal(third.status, 404);
    raw_reply_clear(&first);
    raw_reply_clear(&second);
    raw_reply_clear(&third);
    close(client);
}

static void head_has_the_headers_and_no_body(void **state) {
    (void)state;
    int client = connected();
    raw_reply reply = ask(client, "HEAD /static HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 200);
    assert_header(&reply, "Content-Length", "13");
    raw_reply_clear(&reply);
    /* Had a body come, it would be read as the head of this reply. */
    reply = ask(client, "GET /empty HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 204);
    raw_reply_clear(&reply);
    reply = ask(client, "GET /static HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 200);
    raw_reply_clear(&reply);
    close(client);
}

static void every_method_reaches_the_api(void **state) {
    (void)state;
    static const char *const methods[] = {"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        int client = connected();
        char request[128];
        snprintf(request, sizeof request, "%s /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
                 methods[i]);
        raw_reply reply = ask(client, request);
        assert_begins(reply.body, methods[i]);
        raw_reply_clear(&reply);
        close(client);
    }
}

static void a_chunked_body_is_joined(void **state) {
    (void)state;
    int client = connected();
    raw_reply reply =
        ask(client, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
                    "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n");
    raw_reply whole =
        ask(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 11\r\n\r\nhello world");
    assert_begins(reply.body, "POST /echo?- length=-1 body=11 ");
    const char *sum = strstr(reply.body, "sum=");
    assert_memory_equal(sum, strstr(whole.body, "sum="), strcspn(sum, " "));
    raw_reply_clear(&reply);
    raw_reply_clear(&whole);
    close(client);
}

static void a_large_body_arrives_whole(void **state) {
    (void)state;
    enum { PIECE = 1 << 16, PIECES = 512 }; /* 32 MiB */
    char *piece = malloc(PIECE), expected[128];
    uint64_t sum = 0;
    assert_non_null(piece);
    int client = connected();
    assert_int_equal(
        raw_send_text(client, "PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 33554432\r\n\r\n"), 0);
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t j = 0; j < PIECE; j++) {
            piece[j] = (char)((i * 7 + j * 13) % 251);
            sum = sum * 31 + (unsigned char)piece[j];
        }
        assert_int_equal(raw_send(client, piece, PIECE), 0);
    }
    raw_reply reply = raw_receive(client, 0);
    snprintf(expected, sizeof expected, "PUT /echo?- length=33554432 body=33554432 sum=%llx ",
             (unsigned long long)sum);
    assert_begins(reply.body, expected);
    raw_reply_clear(&reply);
    close(client);
    free(piece);
}

static void a_large_reply_arrives_whole(void **state) {
    (void)state;
    int client = connected();
    raw_reply reply = ask(client, "GET /big HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(reply.size, FAKE_BIG_SIZE);
    for (size_t i = 0; i < reply.size; i++)
        assert_int_equal(reply.body[i], 'b');
    raw_reply_clear(&reply);
    close(client);
}

static void expect_100_continue_is_answered_before_the_body(void **state) {
    (void)state;
    int client = connected();
    raw_reply reply = ask(client, "PUT /echo HTTP/1.1\r\n" HOST
                                  "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(reply.status, 100);
    raw_reply_clear(&reply);
    reply = ask(client, "abc");
    assert_begins(reply.body, "PUT /echo?- length=3 body=3 ");
    raw_reply_clear(&reply);
    reply = ask(client, "PUT /refuse HTTP/1.1\r\n" HOST
                        "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(reply.status, 413);
    raw_reply_clear(&reply);
    assert_true(raw_wait_closed(client) >= 0);
    close(client);
}

static void a_refusal_needs_no_body_and_closes(void **state) {
    (void)state;
    int client = connected();
    raw_reply reply =
        ask(client, "POST /refuse HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n");
    assert_int_equal(reply.status, 413);
    assert_header(&reply, "Connection", "close");
    raw_reply_clear(&reply);
    assert_true(raw_wait_closed(client) >= 0);
    close(client);
}

/* A client that does not read before it has sent everything must still get the refusal, not a
 * connection that was reset under its feet. */
static void a_refusal_reaches_a_client_that_is_still_sending(void **state) {
    (void)state;
    enum { SIZE = 600000 };
    char *body = calloc(1, SIZE);
    assert_non_null(body);
    for (int i = 0; i < 20; i++) {
        int client = connected();
        assert_int_equal(raw_send_text(client, "POST /refuse HTTP/1.1\r\n" HOST
                                               "Content-Length: 600000\r\n\r\n"),
                         0);
        for (size_t sent = 0; sent < SIZE; sent += SIZE / 10) {
            usleep(2000);
            assert_int_equal(raw_send(client, body, SIZE / 10), 0);
        }
        raw_reply reply = raw_receive(client, 0);
        assert_int_equal(reply.status, 413);
        raw_reply_clear(&reply);
        close(client);
    }
    free(body);
}

static void a_refusal_without_a_body_keeps_the_connection(void **state) {
    (void)state;
    int client = connected();
    for (int i = 0; i < 3; i++) {
        raw_reply reply = ask(client, "GET /refuse HTTP/1.1\r\n" HOST "\r\n");
        assert_int_equal(reply.status, 413);
        raw_reply_clear(&reply);
    }
    close(client);
}

static void http_1_0_closes_after_the_reply(void **state) {
    (void)state;
    int client = connected();
    raw_reply reply = ask(client, "GET /static HTTP/1.0\r\n" HOST "\r\n");
    assert_int_equal(reply.status, 200);
    raw_reply_clear(&reply);
    assert_true(raw_wait_closed(client) >= 0);
    close(client);
}

static void two_hundred_connections_at_once(void **state) {
    (void)state;
    enum { CLIENTS = 200, ROUNDS = 3 };
    static int clients[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = connected();
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < CLIENTS; i++)
            assert_int_equal(raw_send_text(clients[i], "POST /echo HTTP/1.1\r\n" HOST
                                                       "Content-Length: 4\r\n\r\nab"),
                             0);
        for (size_t i = 0; i < CLIENTS; i++)
            assert_int_equal(raw_send_text(clients[i], "cd"), 0);
        for (size_t i = 0; i < CLIENTS; i++) {
            raw_reply reply = raw_receive(clients[i], 0);
            assert_begins(reply.body, "POST /echo?- length=4 body=4 ");
            raw_reply_clear(&reply);
        }
    }
    for (size_t i = 0; i < CLIENTS; i++)
        close(clients[i]);
}

static void a_client_that_leaves_during_its_body_leaves_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        int client = connected();
        assert_int_equal(
            raw_send_text(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nab"),
            0);
        close(client);
    }
    assert_true(fake_api_wait_all_freed());
}

static void an_address_in_use_is_told(void **state) {
    (void)state;
    bp_http *second = NULL;
    bp_error err = {0};
    const bp_http_options same = {.port = bp_http_port(http)};
    assert_int_equal(bp_http_start(&second, &same, &err), BP_IO);
    assert_non_null(strstr(err.message, "in use"));
    const bp_http_options nowhere = {.address = "no.such.host.invalid"};
    assert_int_equal(bp_http_start(&second, &nowhere, &err), BP_INVALID);
    assert_null(second);
}

#define served(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        served(the_path_is_decoded_and_the_query_is_raw),
        served(replies_carry_the_security_headers_and_an_id),
        served(a_connection_serves_many_requests),
        served(pipelined_requests_are_answered_in_order),
        served(head_has_the_headers_and_no_body),
        served(every_method_reaches_the_api),
        served(a_chunked_body_is_joined),
        served(a_large_body_arrives_whole),
        served(a_large_reply_arrives_whole),
        served(expect_100_continue_is_answered_before_the_body),
        served(a_refusal_needs_no_body_and_closes),
        served(a_refusal_reaches_a_client_that_is_still_sending),
        served(a_refusal_without_a_body_keeps_the_connection),
        served(http_1_0_closes_after_the_reply),
        served(two_hundred_connections_at_once),
        served(a_client_that_leaves_during_its_body_leaves_nothing),
        served(an_address_in_use_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
