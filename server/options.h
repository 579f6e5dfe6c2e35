/* The options of the program: one table, from which the command line, the environment, the ini file
 * and --help are made. Where one is given more than once, the flag wins over the environment, the
 * environment over the file, the file over the default. */
#ifndef BP_OPTIONS_H
#define BP_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "status.h"

/* enumerator, name (--name, BACKPROPD_NAME, "name = " in the file), argument, default, help */
#define BP_OPTION_TABLE(X)                                                                         \
    X(LISTEN, "listen", "HOST:PORT", "127.0.0.1:8080",                                             \
      "address to serve on; [::1]:8080 for IPv6, port 0 for a free one")                           \
    X(DATA_DIR, "data-dir", "DIR", NULL,                                                           \
      "where models, data sets and jobs are kept; default: $XDG_STATE_HOME/backpropd, or "         \
      "~/.local/state/backpropd")                                                                  \
    X(THREADS, "threads", "N", NULL, "worker threads that train; default: one for each core")      \
    X(ISA, "isa", "NAME", "auto",                                                                  \
      "instruction set: auto, avx512, avx2, neon, plain, naive; the results are the same")         \
    X(MEMORY_LIMIT, "memory-limit", "BYTES", "auto",                                               \
      "what models, data sets in memory and a job may take together, as 800M or 4G; auto: nine "   \
      "tenths of what the container or the machine has")                                           \
    X(QUEUE_LIMIT, "queue-limit", "N", "10000",                                                    \
      "jobs that may wait at once; a further one is refused with 503")                             \
    X(HEARTBEAT, "heartbeat", "SECONDS", "15",                                                     \
      "how often a stream of events says that it lives where nothing happens; 1 to 3600")          \
    X(LOG_LEVEL, "log-level", "LEVEL", "info",                                                     \
      "what is written to stderr: error, warn, info, or debug (a line for each request)")

/* What is not a setting: flags of the command line alone (but --config, which may also be
 * BACKPROPD_CONFIG). */
#define BP_COMMAND_TABLE(X)                                                                        \
    X(CONFIG, "config", "FILE", "ini file of lines such as \"listen = 127.0.0.1:8080\"")           \
    X(HEALTHCHECK, "healthcheck", NULL,                                                            \
      "ask the server at the listen address whether it is ready; exit 0 or 1")                     \
    X(VERSION, "version", NULL, "print the version")                                               \
    X(HELP, "help", NULL, "print this")

typedef enum bp_option {
#define X(name, flag, argument, standard, help) BP_OPTION_##name,
    BP_OPTION_TABLE(X)
#undef X
        BP_OPTION_COUNT
} bp_option;

typedef enum bp_log_level {
    BP_LOG_ERROR,
    BP_LOG_WARN,
    BP_LOG_INFO,
    BP_LOG_DEBUG,
    BP_LOG_LEVEL_COUNT
} bp_log_level;

enum { BP_MAX_THREADS = 1024, BP_MAX_HEARTBEAT = 3600, BP_MAX_QUEUE_LIMIT = 1000000 };

typedef struct bp_options {
    char *value[BP_OPTION_COUNT]; /* owned text of each; NULL: not given and no default */
    char *config;                 /* owned path of the file, or NULL */
    char *address;                /* owned, of --listen: without brackets */
    uint16_t port;
    size_t threads;      /* 0: one for each core */
    size_t memory_limit; /* bytes; 0: auto */
    unsigned heartbeat;  /* seconds */
    size_t queue_limit;
    bp_log_level log_level;
    bool healthcheck, version, help;
} bp_options;

/* Reads everything into a zeroed `out`. INVALID: an unknown option, a missing or bad value; the
 * message names it and where it stands. IO: the file cannot be read. NO_MEMORY. On failure `out` is
 * still the caller's to clear. */
BP_NODISCARD bp_status bp_options_read(bp_options *out, int argc, char *const argv[],
                                       bp_error *err);
void bp_options_clear(bp_options *options);

void bp_options_print_help(FILE *stream);

#endif
