/* Records that are wrong, where such are skipped; and the easy way against the way for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_text.h"
#include "csv_load.h"
#include "philox.h"

static const csv_pieces WHOLE = {SIZE_MAX, SIZE_MAX};
static const bp_dataset_options SKIP = {.skip_rejects = true};

static bp_status load(bp_dataset **out, bp_cell body, csv_pieces pieces, bp_error *err) {
    const csv_settings settings = {.dataset = &SKIP};
    return csv_load_with(out, body, &settings, pieces, err);
}

static const struct bad_record {
    const char *body; /* "a,b,c" is its header, and two of its rows are right */
    uint64_t line, column;
    const char *says;
} bad_records[] = {
    {"1.5,2,3\n4,5\n6,7,8\n", 3, 3, "no value for column 'c'"},
    {"1.5,2,3\n4,5,6,7\n6,7,8\n", 3, 4, "the row has 4 cells"},
    {"1.5,2,3\n4,5x\"6,7\",7\n6,7,8\n", 3, 2, "quote stands inside a cell"},
    {"1.5,2,3\n4,\"5\"x,7\n6,7,8\n", 3, 2, "text follows a closing quote"},
    {"1.5,2,3\n4,5\r,7\n6,7,8\n", 3, 2, "carriage return"},
    {"1.5,2,3\nx,5,7\n6,7,8\n", 3, 1, "'x' is not a number"},
    {"1.5,2,3\n1e39,5,7\n6,7,8\n", 3, 1, "beyond the range"},
    {"1.5,2,3\n4,5,\n6,7,8\n", 3, 3, "no value for 'c'"},
    {"1.5,2,3\n\n\n6,7,8\n", 3, 0, "line 3 is blank, and line 5 is not"},
};

static void wrong_records_are_skipped_and_told(void **state) {
    (void)state;
    bp_dataset *expected = NULL;
    bp_error err = {0};
    assert_int_equal(load(&expected, bp_cell_of("a,b,c\n1.5,2,3\n6,7,8\n"), WHOLE, &err), BP_OK);
    for (size_t i = 0; i < sizeof bad_records / sizeof bad_records[0]; i++) {
        char body[128];
        snprintf(body, sizeof body, "a,b,c\n%s", bad_records[i].body);
        size_t size = strlen(body);
        for (size_t cut = 1; cut <= size; cut++) {
            bp_dataset *data = NULL;
            if (load(&data, bp_cell_of(body), (csv_pieces){cut, SIZE_MAX}, &err) != BP_OK) {
                fail_msg("'%s': %s", body, err.message);
            }
            assert_string_equal(data->sha256, expected->sha256);
            assert_int_equal(data->rejects.count, 1);
            assert_int_equal(data->rejects.first[0].line, bad_records[i].line);
            assert_int_equal(data->rejects.first[0].column, bad_records[i].column);
            if (strstr(data->rejects.first[0].message, bad_records[i].says) == NULL) {
                fail_msg("'%s': %s", body, data->rejects.first[0].message);
            }
            bp_dataset_unref(data);
        }
    }
    bp_dataset_unref(expected);
}

static void some_wrongs_end_the_reading(void **state) {
    (void)state;
    static const struct {
        bp_cell body;
        const char *says;
    } cases[] = {{{"a,b\n1,2\n3,\"4\n5,6\n", 17}, "opened and not closed"},
                 {{"a,b\n1,2\n3,\0\n5,6\n", 16}, "NUL"},
                 {{"a,\"b\n1,2\n", 9}, "opened and not closed"},
                 {{"a,a\n1,2\n", 8}, "both named"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t cut = 1; cut <= cases[i].body.size; cut++) {
            bp_dataset *data = NULL;
            bp_error err = {0};
            bp_status status = load(&data, cases[i].body, (csv_pieces){cut, cut}, &err);
            assert_int_not_equal(status, BP_OK);
            if (strstr(err.message, cases[i].says) == NULL) {
                fail_msg("%s", err.message);
            }
        }
    }
}

static void a_long_line_ends_the_reading(void **state) {
    (void)state;
    enum { SIZE = BP_CSV_MAX_LINE_BYTES + 64 };
    char *body = malloc(SIZE);
    assert_non_null(body);
    memset(body, '1', SIZE);
    memcpy(body, "a,b\n0.5,2\n", 10);
    memcpy(body + SIZE - 4, ",2\n", 3);
    bp_dataset *data = NULL;
    bp_error err = {0};
    assert_int_equal(load(&data, (bp_cell){body, SIZE}, WHOLE, &err), BP_SYNTAX);
    assert_non_null(strstr(err.message, "line 3 is longer"));
    free(body);
}

/* --- the easy way and the way for all -------------------------------------------------------- */

static const char *const cells[] = {"1",        "-0.5",       "0.869293",   "1e-3",
                                    " 2",       "3 ",         "\"4\"",      "\"\"",
                                    "",         "nan",        "inf",        "x",
                                    "red",      "\"a,b\"",    "\"a\"\"b\"", "1e39",
                                    "-",        "7.",         ".5",         "12345678901234567890",
                                    "\"l\nm\"", "2020-01-02", "x\"y\"",     "1\r",
                                    "0x1p3",    "1.2.3"};
enum { CELLS = sizeof cells / sizeof cells[0], TABLES = 400, MOST_BYTES = 8192 };

static size_t make_table(char *body, uint64_t seed) {
    size_t size = (size_t)sprintf(body, "a,b,c,d\n");
    for (uint64_t row = 0; row < 24; row++) {
        uint32_t words[8];
        bp_random_block(8, BP_STREAM_SAMPLE, seed, row, words);
        bp_random_block(9, BP_STREAM_SAMPLE, seed, row, words + 4);
        size_t width = words[6] % 16 == 0 ? words[5] % 6 : 4;
        for (size_t i = 0; i < width; i++) {
            bool plain = words[4] % 4 != 0 || words[i % 4] % 8 != 0;
            const char *cell = cells[words[i % 4] / 8 % (plain ? 4 : CELLS)];
            size += (size_t)sprintf(body + size, "%s%s", i > 0 ? "," : "", cell);
        }
        size += (size_t)sprintf(body + size, words[7] % 8 == 0 ? "\r\n" : "\n");
    }
    return size;
}

/* Fed byte by byte no record is ever whole in memory, so csv_fast.c takes none. */
static void the_easy_way_changes_nothing(void **state) {
    (void)state;
    static char body[MOST_BYTES];
    size_t accepted = 0, rejected = 0;
    for (uint64_t seed = 0; seed < TABLES; seed++) {
        bp_cell text = {body, make_table(body, seed)};
        bp_dataset *easy = NULL, *slow = NULL;
        bp_error err = {0}, slow_err = {0};
        bp_status status = load(&easy, text, WHOLE, &err);
        assert_int_equal(load(&slow, text, (csv_pieces){1, 1}, &slow_err), status);
        if (status != BP_OK) {
            assert_string_equal(err.message, slow_err.message);
            continue;
        }
        accepted++;
        rejected += easy->rejects.count;
        assert_string_equal(easy->sha256, slow->sha256);
        assert_int_equal(easy->rejects.count, slow->rejects.count);
        for (size_t i = 0; i < easy->rejects.kept; i++) {
            assert_string_equal(easy->rejects.first[i].message, slow->rejects.first[i].message);
        }
        bp_dataset_unref(easy);
        bp_dataset_unref(slow);
    }
    assert_true(accepted > TABLES / 2 && rejected > TABLES / 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_records_are_skipped_and_told),
        cmocka_unit_test(some_wrongs_end_the_reading),
        cmocka_unit_test(a_long_line_ends_the_reading),
        cmocka_unit_test(the_easy_way_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
