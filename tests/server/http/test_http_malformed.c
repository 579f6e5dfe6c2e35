/* Requests that no client should send, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_api.h"
#include "http_server.h"
#include "raw_client.h"

#define HOST "Host: test\r\n"
#define BYTES(text) text, sizeof text - 1

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
    return 0;
}

/* Each is refused with this status, and the connection is closed: what follows, a second request
 * that a looser parser would see, is not answered. */
static const struct {
    const char *why, *bytes;
    size_t size;
    int status;
} refused[] = {
    {"two lengths, equal",
     BYTES("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
     400},
    {"two lengths, different",
     BYTES("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\ncontent-length: 31\r\n\r\n"
           "GET /echo HTTP/1.1\r\n" HOST "\r\n"),
     400},
    {"length and encoding",
     BYTES("POST /echo HTTP/1.1\r\n" HOST
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400},
    {"encoding and length",
     BYTES("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
     400},
    {"two encodings",
     BYTES("POST /echo HTTP/1.1\r\n" HOST
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     400},
    {"unknown encoding",
     BYTES("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 501},
    {"encoding in 1.0",
     BYTES("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400},
    {"%00 in the path", BYTES("GET /echo%00.html HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"%00 in the query", BYTES("GET /echo?a=%00 HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"dots and an encoded slash", BYTES("GET /..%2fecho HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"encoded dots", BYTES("GET /%2e%2e/echo HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"bad percent encoding", BYTES("GET /echo%g1 HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"cut percent encoding", BYTES("GET /echo% HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"space in the target", BYTES("GET /echo HTTP/1.1 HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"no path", BYTES("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), 400},
    {"no host", BYTES("GET /echo HTTP/1.1\r\n\r\n"), 400},
    {"two hosts", BYTES("GET /echo HTTP/1.1\r\n" HOST "Host: other\r\n\r\n"), 400},
    {"method of 20 letters", BYTES("ABCDEFGHIJKLMNOPQRST /echo HTTP/1.1\r\n" HOST "\r\n"), 501},
};

static void assert_refused(const char *why, const raw_reply *reply, int status) {
    char type[64], id[32];
    if (reply->status != status)
        fail_msg("%s: status %d", why, reply->status);
    assert_string_equal(raw_header(reply, "Content-Type", type, sizeof type),
                        "application/problem+json");
    assert_non_null(strstr(reply->body, "\"detail\": \""));
    raw_header(reply, "X-Request-Id", id, sizeof id);
    assert_int_equal(strlen(id), 16);
    assert_non_null(strstr(reply->body, id));
    assert_string_equal(raw_header(reply, "Connection", type, sizeof type), "close");
}

static void ambiguous_requests_are_refused_and_closed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        int client = raw_connect(bp_http_port(http));
        assert_true(client >= 0);
        assert_int_equal(raw_send(client, refused[i].bytes, refused[i].size), 0);
        raw_reply reply = raw_receive(client, 0);
        assert_refused(refused[i].why, &reply, refused[i].status);
        raw_reply_clear(&reply);
        if (raw_wait_closed(client) < 0)
            fail_msg("%s: not closed", refused[i].why);
        close(client);
    }
    assert_int_equal(fake_api_counts().begun, 0);
}

/* Refused by the library itself, or answered in a way of its own: all that matters is that the
 * server lives and that nothing reached the API. */
static const struct {
    const char *bytes;
    size_t size;
} garbage[] = {
    {BYTES("\r\n\r\n\r\n\r\nx\r\n\r\n")},
    {BYTES("GET\r\n\r\n")},
    {BYTES("GET /echo\r\n\r\n")},
    {BYTES("GET /echo HTTP/9.9\r\n" HOST "\r\n")},
    {BYTES("GET /echo FTP/1.1\r\n" HOST "\r\n")},
    {BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")},
    {BYTES("GET /echo HTTP/1.1\r\nno colon here\r\n\r\n")},
    {BYTES("POST /echo HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n")},
    {BYTES("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0x10\r\n\r\n")},
    {BYTES("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n")},
};

static void assert_alive(void) {
    int client = raw_connect(bp_http_port(http));
    assert_int_equal(raw_send_text(client, "GET /echo HTTP/1.1\r\n" HOST "\r\n"), 0);
    raw_reply reply = raw_receive(client, 0);
    assert_int_equal(reply.status, 200);
    raw_reply_clear(&reply);
    close(client);
}

static void garbage_harms_nobody(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        int client = raw_connect(bp_http_port(http));
        assert_int_equal(raw_send(client, garbage[i].bytes, garbage[i].size), 0);
        raw_reply reply = raw_receive(client, 0);
        if (reply.status != 0 && (reply.status < 400 || reply.status > 505))
            fail_msg("%s: status %d", garbage[i].bytes, reply.status);
        raw_reply_clear(&reply);
        close(client);
    }
    assert_int_equal(fake_api_counts().begun, 0);
    assert_alive();
}

static void malformed_chunks_free_their_exchange(void **state) {
    (void)state;
    static const char *const chunks[] = {"zz\r\nabc\r\n0\r\n\r\n", "3\r\nabcdef\r\n0\r\n\r\n",
                                         "fffffffffffffffffff\r\nabc", "-1\r\nabc\r\n"};
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
        int client = raw_connect(bp_http_port(http));
        assert_int_equal(raw_send_text(client, "POST /echo HTTP/1.1\r\n" HOST
                                               "Transfer-Encoding: chunked\r\n\r\n"),
                         0);
        assert_int_equal(raw_send_text(client, chunks[i]), 0);
        raw_reply reply = raw_receive(client, 0);
        assert_true(reply.status == 0 || reply.status == 400 || reply.status == 413);
        raw_reply_clear(&reply);
        close(client);
    }
    assert_true(fake_api_wait_all_freed());
    assert_int_equal(fake_api_counts().finished, 0);
    assert_alive();
}

/* Sends GET with a target, or a header, of `size` bytes; the status. */
static int ask_sized(const char *before, size_t size, const char *after) {
    char *fill = malloc(size);
    assert_non_null(fill);
    memset(fill, 'a', size);
    int client = raw_connect(bp_http_port(http));
    assert_int_equal(raw_send_text(client, before), 0);
    /* The server may answer and close before everything was sent. */
    int sent = raw_send(client, fill, size) == 0 && raw_send_text(client, after) == 0;
    (void)sent;
    raw_reply reply = raw_receive(client, 0);
    int status = reply.status;
    raw_reply_clear(&reply);
    close(client);
    free(fill);
    return status;
}

static void long_targets_and_headers_are_refused(void **state) {
    (void)state;
    const char *end = " HTTP/1.1\r\n" HOST "\r\n";
    assert_int_equal(ask_sized("GET /echo?", 8000, end), 200);
    assert_int_equal(ask_sized("GET /echo?", 8192, end), 400);
    assert_int_equal(ask_sized("GET /echo?", 20000, end), 400);
    assert_int_equal(ask_sized("GET /echo HTTP/1.1\r\n" HOST "X-A: ", 16000, "\r\n\r\n"), 200);
    int status = ask_sized("GET /echo HTTP/1.1\r\n" HOST "X-A: ", 200000, "\r\n\r\n");
    assert_true(status == 431 || status == 0);
    status = ask_sized("GET /", 200000, end);
    assert_true(status == 414 || status == 0);
    assert_alive();
}

#define served(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        served(ambiguous_requests_are_refused_and_closed),
        served(garbage_harms_nobody),
        served(malformed_chunks_free_their_exchange),
        served(long_targets_and_headers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
