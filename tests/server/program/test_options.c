#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data_dir.h"
#include "options.h"

static char config_path[64];

static int clean_environment(void **state) {
    (void)state;
    static const char *const names[] = {"LISTEN",    "DATA_DIR",  "THREADS", "ISA",
                                        "LOG_LEVEL", "HEARTBEAT", "CONFIG",  "MEMORY_LIMIT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "BACKPROPD_%s", names[i]);
        unsetenv(name);
    }
    return 0;
}

static void write_config(const char *text) {
    snprintf(config_path, sizeof config_path, "/tmp/backpropd-options-XXXXXX");
    int descriptor = mkstemp(config_path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

static bp_status read_words(bp_options *out, bp_error *err, char **words) {
    int count = 0;
    while (words[count] != NULL)
        count++;
    *out = (bp_options){0};
    return bp_options_read(out, count, words, err);
}

#define read_flags(out, err, ...) read_words(out, err, (char *[]){"backpropd", __VA_ARGS__})

static void defaults_hold_where_nothing_is_said(void **state) {
    (void)state;
    bp_options options;
    assert_int_equal(read_flags(&options, NULL, NULL), BP_OK);
    assert_string_equal(options.address, "127.0.0.1");
    assert_int_equal(options.port, 8080);
    assert_null(options.value[BP_OPTION_DATA_DIR]);
    assert_int_equal(options.threads, 0);
    assert_string_equal(options.value[BP_OPTION_ISA], "auto");
    assert_int_equal(options.log_level, BP_LOG_INFO);
    assert_int_equal(options.heartbeat, 15);
    assert_int_equal(options.memory_limit, 0);
    assert_int_equal(options.queue_limit, 10000);
    assert_false(options.help || options.version || options.healthcheck);
    bp_options_clear(&options);
}

static void flags_come_in_two_forms_and_the_last_wins(void **state) {
    (void)state;
    bp_options options;
    assert_int_equal(read_flags(&options, NULL, "--listen", "[::1]:0", "--threads=3", "--data-dir",
                                "/tmp/d", "--log-level=debug", "--isa", "plain", "--threads", "7",
                                "--healthcheck", NULL),
                     BP_OK);
    assert_string_equal(options.address, "::1");
    assert_int_equal(options.port, 0);
    assert_int_equal(options.threads, 7);
    assert_string_equal(options.value[BP_OPTION_DATA_DIR], "/tmp/d");
    assert_string_equal(options.value[BP_OPTION_ISA], "plain");
    assert_int_equal(options.log_level, BP_LOG_DEBUG);
    assert_true(options.healthcheck);
    bp_options_clear(&options);
}

static void flag_over_environment_over_file_over_default(void **state) {
    (void)state;
    bp_options options;
    write_config("# a comment\n; another\n\n  threads = 2\nisa=naive\r\nlog-level = warn\n"
                 "listen = localhost:1\ndata-dir = /a b/c");
    assert_int_equal(read_flags(&options, NULL, "--config", config_path, NULL), BP_OK);
    assert_int_equal(options.threads, 2);
    assert_string_equal(options.value[BP_OPTION_ISA], "naive");
    assert_string_equal(options.value[BP_OPTION_DATA_DIR], "/a b/c");
    assert_string_equal(options.address, "localhost");
    bp_options_clear(&options);

    setenv("BACKPROPD_CONFIG", config_path, 1);
    setenv("BACKPROPD_THREADS", "5", 1);
    setenv("BACKPROPD_LOG_LEVEL", "error", 1);
    setenv("BACKPROPD_ISA", "", 1); /* set to nothing: not set */
    assert_int_equal(read_flags(&options, NULL, "--threads", "9", NULL), BP_OK);
    assert_int_equal(options.threads, 9);
    assert_int_equal(options.log_level, BP_LOG_ERROR);
    assert_string_equal(options.value[BP_OPTION_ISA], "naive");
    bp_options_clear(&options);
    unlink(config_path);
}

static const struct {
    char *words[4];
    const char *named; /* in the message */
} bad[] = {
    {{"--what"}, "--what"},
    {{"-x"}, "-x"},
    {{"serve"}, "serve"},
    {{"--"}, "--"},
    {{"--listen"}, "--listen"},
    {{"--help=yes"}, "--help"},
    {{"--listen", "8080"}, "8080"},
    {{"--listen", ":8080"}, ":8080"},
    {{"--listen", "host:"}, "host:"},
    {{"--listen", "host:65536"}, "65536"},
    {{"--listen", "host:-1"}, "-1"},
    {{"--listen", "host:8x"}, "8x"},
    {{"--listen", "::1:8080"}, "::1:8080"},
    {{"--listen", "[::1]8080"}, "[::1]8080"},
    {{"--listen", "[]:8080"}, "[]:8080"},
    {{"--listen", "["}, "["},
    {{"--listen", ""}, "--listen"},
    {{"--threads", "0"}, "--threads"},
    {{"--threads", "-2"}, "-2"},
    {{"--threads", "two"}, "two"},
    {{"--threads", "99999"}, "99999"},
    {{"--threads", "99999999999999999999"}, "--threads"},
    {{"--threads="}, "--threads"},
    {{"--heartbeat", "0"}, "--heartbeat"},
    {{"--queue-limit", "0"}, "--queue-limit"},
    {{"--queue-limit", "many"}, "many"},
    {{"--heartbeat", "3601"}, "3601"},
    {{"--heartbeat", "1.5"}, "1.5"},
    {{"--log-level", "loud"}, "loud"},
    {{"--data-dir", ""}, "--data-dir"},
    {{"--config", "/no/such/file"}, "/no/such/file"},
};

static void a_bad_word_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bp_options options;
        bp_error err = {0};
        bp_status status =
            read_flags(&options, &err, bad[i].words[0], bad[i].words[1], bad[i].words[2], NULL);
        if (status == BP_OK || strstr(err.message, bad[i].named) == NULL)
            fail_msg("%s %s: %d %s", bad[i].words[0], bad[i].words[1] ? bad[i].words[1] : "",
                     (int)status, err.message);
        bp_options_clear(&options);
    }
}

static void a_bad_line_is_named_with_its_number(void **state) {
    (void)state;
    static const struct {
        const char *text, *named;
    } files[] = {
        {"threads = 2\nthreeds = 3\n", "line 2: there is no option \"threeds\""},
        {"[server]\n", "line 1"},
        {"help = 1\n", "\"help\""},
        {"config = x\n", "\"config\""},
        {"threads = many\n", "many"},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        bp_options options;
        bp_error err = {0};
        write_config(files[i].text);
        assert_int_equal(read_flags(&options, &err, "--config", config_path, NULL), BP_INVALID);
        if (strstr(err.message, files[i].named) == NULL)
            fail_msg("%s: %s", files[i].text, err.message);
        bp_options_clear(&options);
        unlink(config_path);
    }
}

static void memory_limits_have_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t bytes;
    } cases[] = {{"auto", 0},
                 {"1", 1},
                 {"4096", 4096},
                 {"16k", 16 << 10},
                 {"800M", (size_t)800 << 20},
                 {"4G", (size_t)4 << 30},
                 {"2T", (size_t)2 << 40}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bp_options options;
        assert_int_equal(read_flags(&options, NULL, "--memory-limit", (char *)cases[i].text, NULL),
                         BP_OK);
        assert_int_equal(options.memory_limit, cases[i].bytes);
        bp_options_clear(&options);
    }
}

static void other_memory_limits_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"0",
                                        "-1",
                                        "G",
                                        "4GiB",
                                        "4 G",
                                        "1.5G",
                                        "4X",
                                        "+4",
                                        "0K",
                                        "automatic",
                                        "none",
                                        "99999999999T",
                                        "99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bp_options options;
        bp_error err = {0};
        assert_int_equal(read_flags(&options, &err, "--memory-limit", (char *)texts[i], NULL),
                         BP_INVALID);
        assert_non_null(strstr(err.message, texts[i]));
        bp_options_clear(&options);
    }
}

static void help_names_every_option_and_its_variable(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    bp_options_print_help(stream);
    fclose(stream);
#define X(name, flag, argument, standard, help) assert_non_null(strstr(text, "--" flag " "));
    BP_OPTION_TABLE(X)
#undef X
#define X(name, flag, argument, help) assert_non_null(strstr(text, "--" flag " "));
    BP_COMMAND_TABLE(X)
#undef X
    assert_non_null(strstr(text, "(BACKPROPD_LISTEN; default: 127.0.0.1:8080)"));
    assert_non_null(strstr(text, "(BACKPROPD_DATA_DIR)"));
    assert_non_null(strstr(text, "~/.local/state/backpropd"));
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    free(text);
}

static void the_data_directory_follows_the_xdg_variables(void **state) {
    (void)state;
    char *path = NULL;
    setenv("HOME", "/home/a", 1);
    unsetenv("XDG_STATE_HOME");
    assert_int_equal(bp_data_dir_default(&path, NULL), BP_OK);
    assert_string_equal(path, "/home/a/.local/state/backpropd");
    free(path);
    setenv("XDG_STATE_HOME", "relative", 1); /* must be ignored, says the specification */
    assert_int_equal(bp_data_dir_default(&path, NULL), BP_OK);
    assert_string_equal(path, "/home/a/.local/state/backpropd");
    free(path);
    setenv("XDG_STATE_HOME", "/state", 1);
    assert_int_equal(bp_data_dir_default(&path, NULL), BP_OK);
    assert_string_equal(path, "/state/backpropd");
    free(path);
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    bp_error err = {0};
    assert_int_equal(bp_data_dir_default(&path, &err), BP_INVALID);
    assert_non_null(strstr(err.message, "--data-dir"));
}

static void parents_are_made(void **state) {
    (void)state;
    char base[] = "/tmp/backpropd-parents-XXXXXX", path[96];
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/a/b/c", base);
    assert_int_equal(bp_data_dir_make_parents(path, NULL), BP_OK);
    assert_int_equal(bp_data_dir_make_parents(path, NULL), BP_OK);
    assert_int_equal(bp_data_dir_make_parents("here", NULL), BP_OK);
    assert_int_equal(bp_data_dir_make_parents("", NULL), BP_OK);
    assert_int_equal(access(path, F_OK), -1);
    static const char *const made[] = {"/a/b", "/a", ""};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", base, made[i]);
        assert_int_equal(rmdir(path), 0);
    }
    assert_int_equal(bp_data_dir_make_parents("/proc/nothing/here", NULL), BP_IO);
}

#define clean(test) cmocka_unit_test_setup_teardown(test, clean_environment, clean_environment)

int main(void) {
    const struct CMUnitTest tests[] = {
        clean(defaults_hold_where_nothing_is_said),
        clean(flags_come_in_two_forms_and_the_last_wins),
        clean(flag_over_environment_over_file_over_default),
        clean(a_bad_word_is_named),
        clean(a_bad_line_is_named_with_its_number),
        clean(memory_limits_have_units),
        clean(other_memory_limits_are_refused),
        clean(help_names_every_option_and_its_variable),
        clean(the_data_directory_follows_the_xdg_variables),
        clean(parents_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
