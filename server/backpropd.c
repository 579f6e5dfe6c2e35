/* The program: options, then service, API and HTTP in this order, then a signal, then back.
 *
 * SIGTERM and SIGINT are blocked before the first thread starts, so that every thread inherits the
 * mask and only the main thread, which waits for them, ever sees one. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "api.h"
#include "data_dir.h"
#include "healthcheck.h"
#include "http_server.h"
#include "memory_limit.h"
#include "options.h"
#include "service.h"

enum { EXIT_USAGE = 2, HEALTHCHECK_MS = 2000, MAX_CONNECTIONS = 2000, MAX_DESCRIPTORS = 8192 };

typedef struct bp_program {
    bp_options options;
    char *data_dir;
    bp_service *service;
    bp_api *api;
    bp_http *http;
} bp_program;

/* --- what it says --------------------------------------------------------------------------- */

static int complain(const bp_error *err, int exit_status) {
    fprintf(stderr, "backpropd: %s\n", err->message);
    return exit_status;
}

/* On any thread; one call of stdio is one line. */
static void write_log(void *context, bp_http_log_level level, const char *line) {
    const bp_program *program = context;
    bool debug = level == BP_HTTP_LOG_DEBUG;
    if (program->options.log_level < (debug ? BP_LOG_DEBUG : BP_LOG_WARN))
        return;
    struct timespec now;
    struct tm utc;
    char stamp[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(stderr, "%s.%03ldZ %s %s\n", stamp, now.tv_nsec / 1000000, debug ? "debug" : "warn",
            line);
}

static void announce(const bp_program *program) {
    const char *address = program->options.address;
    bool v6 = strchr(address, ':') != NULL;
    bp_service_info info;
    bp_service_describe(program->service, &info);
    if (program->options.log_level >= BP_LOG_INFO)
        fprintf(stderr,
                "backpropd " BP_VERSION " listening on http://%s%s%s:%u (%s, %zu thread%s, "
                "data in %s)\n",
                v6 ? "[" : "", address, v6 ? "]" : "", (unsigned)bp_http_port(program->http),
                info.isa, info.threads, info.threads == 1 ? "" : "s", program->data_dir);
}

/* --- parts, each with its undoing ----------------------------------------------------------- */

static bp_status find_data_dir(bp_program *program, bp_error *err) {
    const char *given = program->options.value[BP_OPTION_DATA_DIR];
    if (given == NULL)
        return bp_data_dir_default(&program->data_dir, err);
    program->data_dir = strdup(given);
    return program->data_dir != NULL ? BP_OK
                                     : bp_fail(err, BP_NO_MEMORY, NULL, "no memory to start");
}

/* Raises the soft limit of descriptors, which is for programs that use select, and returns how many
 * connections fit below it and leave enough for files. */
static unsigned make_room_for_connections(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return MAX_CONNECTIONS;
    rlim_t wanted = limit.rlim_max < MAX_DESCRIPTORS ? limit.rlim_max : MAX_DESCRIPTORS;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            getrlimit(RLIMIT_NOFILE, &limit);
    }
    rlim_t room = limit.rlim_cur / 2;
    return room < MAX_CONNECTIONS ? (unsigned)room : MAX_CONNECTIONS;
}

static bp_status start(bp_program *program, bp_error *err) {
    const bp_options *options = &program->options;
    bp_status status = find_data_dir(program, err);
    if (status == BP_OK)
        status = bp_data_dir_make_parents(program->data_dir, err);
    if (status != BP_OK)
        return status;
    const bp_service_options service = {.data_dir = program->data_dir,
                                        .threads = options->threads,
                                        .isa = options->value[BP_OPTION_ISA],
                                        .most_queued = options->queue_limit,
                                        .memory_limit = options->memory_limit > 0
                                                            ? options->memory_limit
                                                            : bp_memory_limit_find("")};
    status = bp_service_new(&program->service, &service, err);
    if (status != BP_OK)
        return status;
    const bp_api_options api = {.service = program->service,
                                .version = BP_VERSION,
                                .heartbeat_ms = options->heartbeat * 1000};
    status = bp_api_new(&program->api, &api, err);
    if (status != BP_OK)
        return status;
    const bp_http_options http = {.address = options->address,
                                  .port = options->port,
                                  .api = program->api,
                                  .limits = {.connections = make_room_for_connections()},
                                  .log = {.write = write_log,
                                          .context = program,
                                          .debug = options->log_level >= BP_LOG_DEBUG}};
    return bp_http_start(&program->http, &http, err);
}

static void stop(bp_program *program) {
    bp_service_end_replays(program->service); /* the HTTP server waits for what it is answering */
    bp_http_stop(program->http);
    bp_api_free(program->api);
    bp_service_free(program->service);
    free(program->data_dir);
}

static int serve(bp_program *program) {
    bp_error err = {0};
    sigset_t endings;
    sigemptyset(&endings);
    sigaddset(&endings, SIGTERM);
    sigaddset(&endings, SIGINT);
    pthread_sigmask(SIG_BLOCK, &endings, NULL);
    signal(SIGPIPE, SIG_IGN);
    bool started = start(program, &err) == BP_OK;
    if (started) {
        announce(program);
        int ending;
        while (sigwait(&endings, &ending) != 0)
            ;
    }
    stop(program);
    if (started)
        return EXIT_SUCCESS;
    return complain(&err, err.code == BP_INVALID ? EXIT_USAGE : EXIT_FAILURE);
}

/* --- the command line ----------------------------------------------------------------------- */

static int check_health(const bp_options *options) {
    bp_error err = {0};
    if (bp_healthcheck(options->address, options->port, HEALTHCHECK_MS, &err) == BP_OK)
        return EXIT_SUCCESS;
    return complain(&err, EXIT_FAILURE);
}

static int run(bp_program *program) {
    const bp_kernels *kernels;
    bp_error err = {0};
    if (program->options.help) {
        bp_options_print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (program->options.version) {
        puts("backpropd " BP_VERSION);
        return EXIT_SUCCESS;
    }
    if (program->options.healthcheck)
        return check_health(&program->options);
    if (bp_kernels_find(program->options.value[BP_OPTION_ISA], &kernels, &err) != BP_OK) {
        fprintf(stderr, "backpropd: --isa: %s\n", err.message);
        return EXIT_USAGE;
    }
    return serve(program);
}

int main(int argc, char *argv[]) {
    bp_program program = {0};
    bp_error err = {0};
    bp_status status = bp_options_read(&program.options, argc, argv, &err);
    int exit_status = status == BP_OK ? run(&program) : complain(&err, EXIT_USAGE);
    bp_options_clear(&program.options);
    return exit_status;
}
