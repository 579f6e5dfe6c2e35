#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "healthcheck.h"

/* A server that takes one connection, reads and answers with `answer` (NULL: never). */
typedef struct answerer {
    int listener;
    uint16_t port;
    const char *answer;
    char request[256];
    pthread_t thread;
} answerer;

static void *answer_once(void *argument) {
    answerer *it = argument;
    int client = accept(it->listener, NULL, NULL);
    if (client < 0)
        return NULL;
    ssize_t got = recv(client, it->request, sizeof it->request - 1, 0);
    if (got > 0 && it->answer != NULL)
        send(client, it->answer, strlen(it->answer), MSG_NOSIGNAL);
    if (it->answer == NULL)
        (void)recv(client, it->request, 1, 0); /* until the other side gives up */
    close(client);
    return NULL;
}

static void begin(answerer *it, const char *answer) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *it = (answerer){.answer = answer};
    it->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(it->listener >= 0);
    assert_int_equal(bind(it->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(it->listener, 1), 0);
    assert_int_equal(getsockname(it->listener, (struct sockaddr *)&address, &size), 0);
    it->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&it->thread, NULL, answer_once, it), 0);
}

static void end(answerer *it) {
    pthread_join(it->thread, NULL);
    close(it->listener);
}

static void the_status_decides(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        bp_status status;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", BP_OK},
        {"HTTP/1.1 503 Service Unavailable\r\n\r\n", BP_IO},
        {"HTTP/1.1 404 Not Found\r\n\r\n", BP_IO},
        {"220 mail.example.org\r\n", BP_IO},
        {"", BP_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        answerer it;
        bp_error err = {0};
        begin(&it, cases[i].answer);
        assert_int_equal(bp_healthcheck("0.0.0.0", it.port, 2000, &err), cases[i].status);
        end(&it);
        assert_memory_equal(it.request, "GET /readyz HTTP/1.1\r\n", 22);
        if (cases[i].status != BP_OK)
            assert_true(strlen(err.message) > 0);
    }
}

static void silence_has_a_deadline(void **state) {
    (void)state;
    answerer it;
    begin(&it, NULL);
    double since = bp_clock_seconds();
    assert_int_equal(bp_healthcheck("127.0.0.1", it.port, 200, NULL), BP_IO);
    double seconds = bp_clock_seconds() - since;
    assert_true(seconds >= 0.19 && seconds < 5);
    end(&it);
}

static void nobody_there_is_told(void **state) {
    (void)state;
    answerer it;
    begin(&it, "");
    uint16_t port = it.port;
    assert_int_equal(bp_healthcheck("127.0.0.1", port, 2000, NULL), BP_IO);
    end(&it);
    bp_error err = {0};
    assert_int_equal(bp_healthcheck("127.0.0.1", port, 2000, &err), BP_IO);
    assert_non_null(strstr(err.message, "refused"));
    assert_int_equal(bp_healthcheck("127.0.0.1", 0, 2000, NULL), BP_INVALID);
    assert_int_equal(bp_healthcheck("no.such.host.invalid", 80, 2000, NULL), BP_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_decides),
        cmocka_unit_test(silence_has_a_deadline),
        cmocka_unit_test(nobody_there_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
