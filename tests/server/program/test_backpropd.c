/* The program as a process: what it prints, how it exits. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "raw_client.h"

typedef struct process {
    pid_t id;
    FILE *output; /* stdout and stderr together */
    unsigned port;
    char ready[512];
} process;

static char folder[] = "/tmp/backpropd-program-XXXXXX";

static process spawn(char *const words[]) {
    process it = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    it.id = fork();
    assert_true(it.id >= 0);
    if (it.id == 0) { /* a test that fails takes its server with it */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(ends[1], STDOUT_FILENO) >= 0 &&
            dup2(ends[1], STDERR_FILENO) >= 0)
            execv(BP_DAEMON, words);
        _exit(127);
    }
    close(ends[1]);
    it.output = fdopen(ends[0], "r");
    assert_non_null(it.output);
    return it;
}

/* Reads what the process still prints into text[size]; its exit status, or -1 for a signal. */
static int finish(process *it, char *text, size_t size) {
    size_t got = fread(text, 1, size - 1, it->output);
    text[got] = '\0';
    fclose(it->output);
    int status;
    assert_int_equal(waitpid(it->id, &status, 0), it->id);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static process serve(void) {
    process it = spawn((char *[]){"backpropd", "--listen", "127.0.0.1:0", "--data-dir", folder,
                                  "--threads", "1", NULL});
    if (fgets(it.ready, sizeof it.ready, it.output) == NULL)
        it.ready[0] = '\0';
    const char *colon = strstr(it.ready, "http://127.0.0.1:");
    it.port = colon != NULL ? (unsigned)strtoul(colon + 17, NULL, 10) : 0;
    if (it.port == 0)
        fail_msg("it said: %s", it.ready);
    return it;
}

/* Ends the process by a signal; the seconds it took. */
static double end(process *it, int number) {
    char text[4096];
    double since = bp_clock_seconds();
    assert_int_equal(kill(it->id, number), 0);
    int status = finish(it, text, sizeof text);
    if (status != 0)
        fail_msg("exit status %d: %s", status, text);
    return bp_clock_seconds() - since;
}

static int run(char *text, size_t size, char *const words[]) {
    process it = spawn(words);
    return finish(&it, text, size);
}

/* Sends a request with a JSON or CSV body; the status. */
static int ask(const process *it, const char *line, const char *body) {
    char request[4096];
    snprintf(request, sizeof request,
             "%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s", line, strlen(body),
             body);
    int client = raw_connect((uint16_t)it->port);
    assert_true(client >= 0);
    assert_int_equal(raw_send_text(client, request), 0);
    raw_reply reply = raw_receive(client, 0);
    int status = reply.status;
    raw_reply_clear(&reply);
    close(client);
    return status;
}

static int make_folder(void **state) {
    (void)state;
    unsetenv("BACKPROPD_LISTEN");
    unsetenv("BACKPROPD_CONFIG");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static int remove_folder(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void it_says_when_it_is_ready_and_stops_on_a_signal(void **state) {
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < 2; i++) {
        process it = serve();
        char expected[512];
        snprintf(expected, sizeof expected, ", 1 thread, data in %s)\n", folder);
        assert_non_null(strstr(it.ready, expected));
        assert_memory_equal(it.ready, "backpropd " BP_VERSION " listening on ", 20);
        assert_int_equal(ask(&it, "GET /livez", ""), 200);
        assert_int_equal(ask(&it, "GET /readyz", ""), 200);
        assert_int_equal(ask(&it, "GET /nowhere", ""), 404);
        assert_true(end(&it, signals[i]) < 10);
    }
}

static void the_health_check_asks_the_server(void **state) {
    (void)state;
    process it = serve();
    char listen[32], text[1024];
    snprintf(listen, sizeof listen, "0.0.0.0:%u", it.port);
    char *const words[] = {"backpropd", "--healthcheck", "--listen", listen, NULL};
    assert_int_equal(run(text, sizeof text, words), 0);
    assert_string_equal(text, "");
    end(&it, SIGTERM);
    assert_int_equal(run(text, sizeof text, words), 1);
    assert_non_null(strstr(text, "backpropd: "));
}

static void a_training_job_does_not_hold_it_up(void **state) {
    (void)state;
    process it = serve();
    assert_int_equal(
        ask(&it, "PUT /v1/datasets/line?target=y", "x,y\n1,1.5\n2,2.5\n3,3.5\n4,4.5\n"), 201);
    assert_int_equal(
        ask(&it, "POST /v1/models",
            "{\"name\": \"m\", \"layers\": [{\"units\": 512, \"activation\": \"tanh\"}, "
            "{\"units\": 512, \"activation\": \"tanh\"}, "
            "{\"units\": 1, \"activation\": \"linear\"}], \"loss\": \"mse\"}"),
        201);
    assert_int_equal(ask(&it, "POST /v1/jobs",
                         "{\"model\": \"m\", \"dataset\": \"line\", \"epochs\": 1000000, "
                         "\"validation\": {\"fraction\": 0}}"),
                     202);
    usleep(300000);
    assert_int_equal(ask(&it, "GET /v1/jobs/1", ""), 200);
    assert_true(end(&it, SIGTERM) < 10);
}

static void what_it_cannot_do_it_says(void **state) {
    (void)state;
    char text[4096], listen[32];
    assert_int_equal(run(text, sizeof text, (char *[]){"backpropd", "--version", NULL}), 0);
    assert_string_equal(text, "backpropd " BP_VERSION "\n");
    assert_int_equal(run(text, sizeof text, (char *[]){"backpropd", "--help", NULL}), 0);
    assert_non_null(strstr(text, "BACKPROPD_LISTEN"));
    assert_int_equal(run(text, sizeof text, (char *[]){"backpropd", "--whatever", NULL}), 2);
    assert_non_null(strstr(text, "--whatever"));
    assert_int_equal(run(text, sizeof text, (char *[]){"backpropd", "--isa", "z80", NULL}), 2);
    assert_non_null(strstr(text, "z80"));

    process it = serve();
    snprintf(listen, sizeof listen, "127.0.0.1:%u", it.port);
    char other[64];
    snprintf(other, sizeof other, "%s/other", folder);
    assert_int_equal(run(text, sizeof text,
                         (char *[]){"backpropd", "--listen", listen, "--data-dir", other, NULL}),
                     1);
    assert_non_null(strstr(text, "in use"));
    /* The data directory is one process's at a time. */
    assert_int_equal(
        run(text, sizeof text,
            (char *[]){"backpropd", "--listen", "127.0.0.1:0", "--data-dir", folder, NULL}),
        1);
    end(&it, SIGTERM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_when_it_is_ready_and_stops_on_a_signal),
        cmocka_unit_test(the_health_check_asks_the_server),
        cmocka_unit_test(a_training_job_does_not_hold_it_up),
        cmocka_unit_test(what_it_cannot_do_it_says),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
