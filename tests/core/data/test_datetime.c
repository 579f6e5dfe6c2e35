#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "datetime.h"

static void parts_are_those_written(void **state) {
    (void)state;
    static const struct {
        const char *text;
        float parts[BP_DATETIME_PARTS];
    } cases[] = {
        {"2024-02-29", {2024, 2, 29, 4, 0, 0, 0}},
        {"1970/01/01", {1970, 1, 1, 4, 0, 0, 0}},
        {"0001-01-01", {1, 1, 1, 1, 0, 0, 0}},
        {"2026-11-28T23:59:07.25Z", {2026, 11, 28, 6, 23, 59, 7.25f}},
        {"2026-11-28 06:05", {2026, 11, 28, 6, 6, 5, 0}},
        {"2016-12-31T23:59:60+05:30", {2016, 12, 31, 6, 23, 59, 60}},
        {"2000-01-02t00:00:00-0330", {2000, 1, 2, 7, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float parts[BP_DATETIME_PARTS];
        assert_true(bp_datetime_parse(cases[i].text, strlen(cases[i].text), parts));
        assert_memory_equal(parts, cases[i].parts, sizeof parts);
    }
}

static void what_is_no_day_is_none(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "2024",
                                        "2023-02-29",
                                        "1900-02-29",
                                        "2024-13-01",
                                        "2024-00-10",
                                        "2024-04-31",
                                        "2024-4-01",
                                        "2024-04/01",
                                        "20240401",
                                        "2024-04-01T",
                                        "2024-04-01T24:00",
                                        "2024-04-01T10:60",
                                        "2024-04-01T10:00:61",
                                        "2024-04-01T10:00:00.",
                                        "2024-04-01T10:00+5",
                                        "2024-04-01 10:00 x",
                                        "2024-04-011",
                                        "0000-01-01"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        float parts[BP_DATETIME_PARTS] = {-1};
        if (bp_datetime_parse(texts[i], strlen(texts[i]), parts)) {
            fail_msg("'%s' was taken", texts[i]);
        }
        assert_true(parts[0] == -1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts_are_those_written),
                                       cmocka_unit_test(what_is_no_day_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
