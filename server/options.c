#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ENVIRONMENT_NAME_SIZE = 64, MAX_LINE = 4096, HELP_COLUMN = 26, HELP_WIDTH = 78 };

typedef struct setting {
    const char *name, *argument, *standard, *help;
} setting;

static const setting settings[BP_OPTION_COUNT] = {
#define X(name, flag, argument, standard, help) {flag, argument, standard, help},
    BP_OPTION_TABLE(X)
#undef X
};

typedef enum command {
#define X(name, flag, argument, help) COMMAND_##name,
    BP_COMMAND_TABLE(X)
#undef X
        COMMAND_COUNT
} command;

static const struct {
    const char *name, *argument, *help;
} commands[COMMAND_COUNT] = {
#define X(name, flag, argument, help) {flag, argument, help},
    BP_COMMAND_TABLE(X)
#undef X
};

/* --- text ----------------------------------------------------------------------------------- */

static bp_status replace(char **place, const char *text, bp_error *err) {
    char *copy = strdup(text);
    if (copy == NULL)
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the options");
    free(*place);
    *place = copy;
    return BP_OK;
}

/* "data-dir" -> "BACKPROPD_DATA_DIR" */
static void environment_name(const char *name, char out[ENVIRONMENT_NAME_SIZE]) {
    snprintf(out, ENVIRONMENT_NAME_SIZE, "BACKPROPD_%s", name);
    for (char *at = out; *at != '\0'; at++)
        *at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
}

static size_t find_setting(const char *name, size_t size) {
    size_t i = 0;
    while (i < BP_OPTION_COUNT &&
           (strlen(settings[i].name) != size || memcmp(settings[i].name, name, size) != 0))
        i++;
    return i;
}

static size_t find_command(const char *name, size_t size) {
    size_t i = 0;
    while (i < COMMAND_COUNT &&
           (strlen(commands[i].name) != size || memcmp(commands[i].name, name, size) != 0))
        i++;
    return i;
}

/* --- values --------------------------------------------------------------------------------- */

static bp_status parse_port(const char *text, uint16_t *port) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || number > UINT16_MAX)
        return BP_INVALID;
    *port = (uint16_t)number;
    return BP_OK;
}

/* "HOST:PORT" or "[IPv6]:PORT" */
static bp_status parse_listen(bp_options *options, const char *text, bp_error *err) {
    const char *colon = strrchr(text, ':');
    bool bracketed = text[0] == '[';
    const char *host = text + bracketed;
    size_t size = colon == NULL ? 0 : (size_t)(colon - host);
    if (bracketed && (size == 0 || host[--size] != ']'))
        size = 0;
    /* An address with colons outside brackets could end in a port or not. */
    bool plain = bracketed || memchr(host, ':', size) == NULL;
    if (size == 0 || !plain || parse_port(colon + 1, &options->port) != BP_OK)
        return bp_fail(err, BP_INVALID, "listen",
                       "--listen takes HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, not \"%s\"",
                       text);
    char *address = strndup(host, size);
    if (address == NULL)
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the options");
    free(options->address);
    options->address = address;
    return BP_OK;
}

/* A number from 1 to `most`; 0: it is none. */
static unsigned read_number(const char *text, long most) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    bool good = isdigit((unsigned char)*text) && *end == '\0' && errno == 0 && number >= 1 &&
                number <= most;
    return good ? (unsigned)number : 0;
}

static bp_status parse_threads(bp_options *options, const char *text, bp_error *err) {
    unsigned number = read_number(text, BP_MAX_THREADS);
    if (number == 0)
        return bp_fail(err, BP_INVALID, "threads",
                       "--threads takes a number from 1 to %d, not \"%s\"", BP_MAX_THREADS, text);
    options->threads = number;
    return BP_OK;
}

/* "4G": a whole number and none or one of K, M, G, T, powers of 1024. 0: it is neither, or none at
 * all, or too many. */
static size_t read_bytes(const char *text) {
    static const char units[] = "KMGT";
    enum { UNIT_BITS = 10 };
    char *end;
    errno = 0;
    const unsigned long long number = strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (!isdigit((unsigned char)*text) || errno != 0 || (*end != '\0' && unit == NULL) ||
        (unit != NULL && end[1] != '\0'))
        return 0;
    const size_t bits = unit != NULL ? UNIT_BITS * (size_t)(unit - units + 1) : 0;
    return number <= SIZE_MAX >> bits ? (size_t)number << bits : 0;
}

static bp_status parse_memory_limit(bp_options *options, const char *text, bp_error *err) {
    size_t bytes = read_bytes(text);
    if (bytes == 0 && strcmp(text, "auto") != 0)
        return bp_fail(err, BP_INVALID, "memory-limit",
                       "--memory-limit takes bytes, such as 800M or 4G, or auto, not \"%s\"", text);
    options->memory_limit = bytes;
    return BP_OK;
}

static bp_status parse_heartbeat(bp_options *options, const char *text, bp_error *err) {
    unsigned number = read_number(text, BP_MAX_HEARTBEAT);
    if (number == 0)
        return bp_fail(err, BP_INVALID, "heartbeat",
                       "--heartbeat takes seconds from 1 to %d, not \"%s\"", BP_MAX_HEARTBEAT,
                       text);
    options->heartbeat = number;
    return BP_OK;
}

static bp_status parse_queue_limit(bp_options *options, const char *text, bp_error *err) {
    unsigned number = read_number(text, BP_MAX_QUEUE_LIMIT);
    if (number == 0)
        return bp_fail(err, BP_INVALID, "queue-limit",
                       "--queue-limit takes a number from 1 to %d, not \"%s\"", BP_MAX_QUEUE_LIMIT,
                       text);
    options->queue_limit = number;
    return BP_OK;
}

static bp_status parse_log_level(bp_options *options, const char *text, bp_error *err) {
    static const char *const levels[BP_LOG_LEVEL_COUNT] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < BP_LOG_LEVEL_COUNT; i++) {
        if (strcmp(text, levels[i]) == 0) {
            options->log_level = (bp_log_level)i;
            return BP_OK;
        }
    }
    return bp_fail(err, BP_INVALID, "log-level",
                   "--log-level takes error, warn, info or debug, not \"%s\"", text);
}

static bp_status parse_data_dir(bp_options *options, const char *text, bp_error *err) {
    (void)options;
    return *text != '\0' ? BP_OK
                         : bp_fail(err, BP_INVALID, "data-dir", "--data-dir takes a folder");
}

static bp_status parse_values(bp_options *options, bp_error *err) {
    static bp_status (*const parsers[BP_OPTION_COUNT])(bp_options *, const char *, bp_error *) = {
        [BP_OPTION_LISTEN] = parse_listen,           [BP_OPTION_DATA_DIR] = parse_data_dir,
        [BP_OPTION_THREADS] = parse_threads,         [BP_OPTION_HEARTBEAT] = parse_heartbeat,
        [BP_OPTION_LOG_LEVEL] = parse_log_level,     [BP_OPTION_MEMORY_LIMIT] = parse_memory_limit,
        [BP_OPTION_QUEUE_LIMIT] = parse_queue_limit,
    };
    bp_status status = BP_OK;
    for (size_t i = 0; i < BP_OPTION_COUNT && status == BP_OK; i++)
        if (parsers[i] != NULL && options->value[i] != NULL)
            status = parsers[i](options, options->value[i], err);
    return status;
}

/* --- sources, from the weakest to the strongest --------------------------------------------- */

static bp_status take_defaults(bp_options *options, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; i < BP_OPTION_COUNT && status == BP_OK; i++)
        if (settings[i].standard != NULL)
            status = replace(&options->value[i], settings[i].standard, err);
    return status;
}

static char *trim(char *text) {
    text += strspn(text, " \t\r\n");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
        size--;
    text[size] = '\0';
    return text;
}

static bp_status take_line(bp_options *options, char *line, uint64_t number, bp_error *err) {
    char *text = trim(line);
    if (*text == '\0' || *text == '#' || *text == ';')
        return BP_OK;
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return bp_fail_at(err, BP_INVALID, number, 0, "%s, line %llu: not \"name = value\"",
                          options->config, (unsigned long long)number);
    *equals = '\0';
    const char *name = trim(text);
    size_t which = find_setting(name, strlen(name));
    if (which == BP_OPTION_COUNT)
        return bp_fail_at(err, BP_INVALID, number, 0, "%s, line %llu: there is no option \"%s\"",
                          options->config, (unsigned long long)number, name);
    return replace(&options->value[which], trim(equals + 1), err);
}

static bp_status take_file(bp_options *options, bp_error *err) {
    FILE *file = fopen(options->config, "re");
    if (file == NULL)
        return bp_fail(err, BP_IO, "config", "cannot read %s: %s", options->config,
                       strerror(errno));
    char line[MAX_LINE];
    bp_status status = BP_OK;
    for (uint64_t number = 1; status == BP_OK && fgets(line, sizeof line, file) != NULL; number++) {
        if (strchr(line, '\n') == NULL && !feof(file))
            status = bp_fail_at(err, BP_INVALID, number, 0, "%s, line %llu is too long",
                                options->config, (unsigned long long)number);
        else
            status = take_line(options, line, number, err);
    }
    if (status == BP_OK && ferror(file))
        status =
            bp_fail(err, BP_IO, "config", "cannot read %s: %s", options->config, strerror(errno));
    fclose(file);
    return status;
}

static bp_status take_environment(bp_options *options, bp_error *err) {
    bp_status status = BP_OK;
    for (size_t i = 0; i < BP_OPTION_COUNT && status == BP_OK; i++) {
        char name[ENVIRONMENT_NAME_SIZE];
        environment_name(settings[i].name, name);
        const char *value = getenv(name);
        if (value != NULL && *value != '\0') /* set to nothing is not set: compose files do that */
            status = replace(&options->value[i], value, err);
    }
    return status;
}

static bp_status take_command(bp_options *options, command which, const char *value,
                              bp_error *err) {
    switch (which) {
    case COMMAND_CONFIG:
        return replace(&options->config, value != NULL ? value : "", err);
    case COMMAND_HEALTHCHECK:
        options->healthcheck = true;
        break;
    case COMMAND_VERSION:
        options->version = true;
        break;
    case COMMAND_HELP:
    case COMMAND_COUNT:
        options->help = true;
        break;
    }
    return BP_OK;
}

/* One flag at argv[*at], which moves to the last word it used. */
static bp_status take_flag(bp_options *options, char *const argv[], int *at, bp_error *err) {
    const char *word = argv[*at];
    const char *name = strncmp(word, "--", 2) == 0 ? word + 2 : "";
    size_t size = strcspn(name, "=");
    size_t which = find_setting(name, size), action = find_command(name, size);
    if (which == BP_OPTION_COUNT && action == COMMAND_COUNT)
        return bp_fail(err, BP_INVALID, word, "unknown option %s; --help lists them", word);
    bool takes_value = which < BP_OPTION_COUNT || commands[action].argument != NULL;
    const char *value = name[size] == '=' ? name + size + 1 : NULL;
    if (value == NULL && takes_value && (value = argv[*at + 1]) != NULL)
        (*at)++;
    if (takes_value != (value != NULL))
        return bp_fail(err, BP_INVALID, word, "--%.*s takes %s value", (int)size, name,
                       takes_value ? "a" : "no");
    if (which < BP_OPTION_COUNT)
        return replace(&options->value[which], value, err);
    return take_command(options, (command)action, value, err);
}

static bp_status take_flags(bp_options *options, int argc, char *const argv[], bp_error *err) {
    bp_status status = BP_OK;
    for (int i = 1; i < argc && status == BP_OK; i++)
        status = take_flag(options, argv, &i, err);
    return status;
}

bp_status bp_options_read(bp_options *out, int argc, char *const argv[], bp_error *err) {
    bp_status status = take_defaults(out, err);
    const char *config = getenv("BACKPROPD_CONFIG");
    if (status == BP_OK && config != NULL && *config != '\0')
        status = replace(&out->config, config, err);
    /* The flags twice: once to learn of --config, once more to stand above what it says. */
    if (status == BP_OK)
        status = take_flags(out, argc, argv, err);
    if (status != BP_OK || out->help || out->version)
        return status;
    if (out->config != NULL) {
        status = take_defaults(out, err);
        if (status == BP_OK)
            status = take_file(out, err);
    }
    if (status == BP_OK)
        status = take_environment(out, err);
    if (status == BP_OK)
        status = take_flags(out, argc, argv, err);
    return status == BP_OK ? parse_values(out, err) : status;
}

void bp_options_clear(bp_options *options) {
    for (size_t i = 0; i < BP_OPTION_COUNT; i++)
        free(options->value[i]);
    free(options->config);
    free(options->address);
    *options = (bp_options){0};
}

/* --- help ----------------------------------------------------------------------------------- */

/* Prints text from column HELP_COLUMN on, broken at blanks. */
static void print_wrapped(FILE *stream, const char *text) {
    size_t room = HELP_WIDTH - HELP_COLUMN;
    while (strlen(text) > room) {
        size_t size = room;
        while (size > 0 && text[size] != ' ')
            size--;
        fprintf(stream, "%.*s\n%*s", (int)size, text, HELP_COLUMN, "");
        text += size + 1;
    }
    fprintf(stream, "%s\n", text);
}

static void print_flag(FILE *stream, const char *name, const char *argument) {
    int size = fprintf(stream, "  --%s%s%s", name, argument != NULL ? " " : "",
                       argument != NULL ? argument : "");
    fprintf(stream, "%*s", size < HELP_COLUMN ? HELP_COLUMN - size : 1, "");
}

void bp_options_print_help(FILE *stream) {
    fputs("backpropd " BP_VERSION ": a training server for multi-layer perceptrons\n\n"
          "Usage: backpropd [OPTION...]\n\n",
          stream);
    for (size_t i = 0; i < BP_OPTION_COUNT; i++) {
        char name[ENVIRONMENT_NAME_SIZE], note[128];
        print_flag(stream, settings[i].name, settings[i].argument);
        print_wrapped(stream, settings[i].help);
        environment_name(settings[i].name, name);
        snprintf(note, sizeof note, settings[i].standard != NULL ? "(%s; default: %s)" : "(%s)",
                 name, settings[i].standard);
        fprintf(stream, "%*s%s\n", HELP_COLUMN, "", note);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        print_flag(stream, commands[i].name, commands[i].argument);
        print_wrapped(stream, commands[i].help);
    }
    fputs(
        "\nA flag wins over the environment variable, the variable over the line in the file, the\n"
        "line over the default.\n",
        stream);
}
