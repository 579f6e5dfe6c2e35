/* The table of named objects: order, paging, users, and changes that fail to become durable. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "registry.h"

typedef struct thing {
    bp_registry_entry entry;
    int number;
} thing;

typedef struct view {
    char name[BP_NAME_SIZE];
    int number;
    size_t users;
} view;

static _Atomic int destroyed;

static void destroy(bp_registry_entry *entry) {
    destroyed++;
    free(entry);
}

static void describe(bp_registry_entry *entry, void *info) {
    view *out = info;
    *out = (view){.number = ((thing *)entry)->number, .users = entry->users.count};
    memcpy(out->name, entry->name, sizeof out->name);
}

/* A persist that fails where the context is not NULL; in between it tries to use the object. */
static bp_registry registry;

static bp_status persist(void *context, bp_registry_entry *entry, bp_error *err) {
    bp_registry_entry *used = NULL;
    bp_error refused = {0};
    bp_status status = bp_registry_use(&registry, entry->name, 99, &used, &refused);
    assert_true(status == BP_NOT_FOUND || status == BP_CONFLICT);
    assert_string_equal(refused.field, "/thing");
    return context == NULL ? BP_OK : bp_fail(err, BP_IO, NULL, "the disk is full");
}

static bp_status put(const char *name, int number, bool replace, void *failing, bp_error *err) {
    thing *made = calloc(1, sizeof *made);
    assert_non_null(made);
    bp_registry_entry_init(&made->entry, name, 1.0, destroy);
    made->number = number;
    bp_registry_write write = {.persist = persist, .context = failing, .replace = replace};
    bp_status status = bp_registry_put(&registry, &made->entry, &write, err);
    if (status != BP_OK) {
        bp_registry_entry_unref(&made->entry);
    }
    return status;
}

static bp_status drop(const char *name, void *failing, bp_error *err) {
    bp_registry_write write = {.persist = persist, .context = failing};
    return bp_registry_remove(&registry, name, &write, err);
}

static int set_up_registry(void **state) {
    (void)state;
    destroyed = 0;
    bp_registry_init(&registry, "thing", "/thing", describe);
    return 0;
}

static int tear_down_registry(void **state) {
    (void)state;
    bp_registry_clear(&registry);
    return 0;
}

static void pages_by_name(void **state) {
    (void)state;
    static const char *const names[] = {"d", "b", "a10", "c", "a", "B"};
    for (int i = 0; i < 6; i++) {
        assert_int_equal(put(names[i], i, false, NULL, NULL), BP_OK);
    }
    view views[4];
    bp_registry_page page = {.limit = 4, .infos = views, .info_size = sizeof views[0]};
    bp_registry_list(&registry, &page);
    assert_int_equal(page.count, 4);
    assert_true(page.more);
    assert_string_equal(views[0].name, "B");
    assert_string_equal(views[1].name, "a");
    assert_string_equal(views[3].name, "b");
    page.after = "b";
    bp_registry_list(&registry, &page);
    assert_int_equal(page.count, 2);
    assert_false(page.more);
    assert_string_equal(views[1].name, "d");
    page.after = "aa"; /* no such name: from the next one */
    bp_registry_list(&registry, &page);
    assert_string_equal(views[0].name, "b");
    page.after = "z";
    bp_registry_list(&registry, &page);
    assert_int_equal(page.count, 0);
    assert_false(page.more);
}

static void replaces_only_where_asked(void **state) {
    (void)state;
    bp_error err = {0};
    view seen;
    assert_int_equal(put("a", 1, false, NULL, &err), BP_OK);
    assert_int_equal(put("a", 2, false, NULL, &err), BP_EXISTS);
    assert_string_equal(err.field, "/name");
    assert_int_equal(destroyed, 1);
    assert_int_equal(put("a", 3, true, NULL, &err), BP_OK);
    assert_int_equal(destroyed, 2);
    assert_int_equal(bp_registry_get(&registry, "a", &seen, &err), BP_OK);
    assert_int_equal(seen.number, 3);
    assert_int_equal(bp_registry_count(&registry), 1);
}

static void what_is_used_stays(void **state) {
    (void)state;
    bp_error err = {0};
    bp_registry_entry *first = NULL, *second = NULL;
    assert_int_equal(put("a", 1, false, NULL, &err), BP_OK);
    assert_int_equal(bp_registry_use(&registry, "a", 41, &first, &err), BP_OK);
    assert_int_equal(bp_registry_use(&registry, "a", 42, &second, &err), BP_OK);
    assert_int_equal(drop("a", NULL, &err), BP_CONFLICT);
    assert_non_null(strstr(err.message, "job 41"));
    bp_registry_release(&registry, first, 41);
    assert_int_equal(put("a", 2, true, NULL, &err), BP_CONFLICT);
    assert_non_null(strstr(err.message, "job 42"));
    bp_registry_release(&registry, second, 42);
    assert_int_equal(drop("a", NULL, &err), BP_OK);
    assert_int_equal(bp_registry_use(&registry, "a", 43, &first, &err), BP_NOT_FOUND);
    assert_int_equal(drop("a", NULL, &err), BP_NOT_FOUND);
}

static void a_failed_write_changes_nothing(void **state) {
    (void)state;
    bp_error err = {0};
    view seen;
    int failing;
    bp_registry_entry *used = NULL;
    assert_int_equal(put("a", 1, false, &failing, &err), BP_IO);
    assert_int_equal(bp_registry_get(&registry, "a", &seen, &err), BP_NOT_FOUND);
    assert_int_equal(put("a", 2, false, NULL, &err), BP_OK);
    assert_int_equal(put("a", 3, true, &failing, &err), BP_IO);
    assert_int_equal(drop("a", &failing, &err), BP_IO);
    assert_int_equal(bp_registry_get(&registry, "a", &seen, &err), BP_OK);
    assert_int_equal(seen.number, 2);
    assert_int_equal(bp_registry_use(&registry, "a", 1, &used, &err), BP_OK); /* not left marked */
    bp_registry_release(&registry, used, 1);
}

/* A persist of an edit; while it runs, a use is possible unless the edit is for unused objects. */
static bp_status change(void *context, bp_registry_entry *entry, bp_error *err) {
    bp_registry_entry *used = NULL;
    const bool shared = context != NULL;
    bp_status status = bp_registry_use(&registry, entry->name, 99, &used, NULL);
    assert_int_equal(status, shared ? BP_OK : BP_CONFLICT);
    bp_registry_release(&registry, used, 99);
    ((thing *)entry)->number++;
    return shared ? BP_OK : bp_fail(err, BP_IO, NULL, "the disk is full");
}

static void edits_may_want_it_unused(void **state) {
    (void)state;
    bp_error err = {0};
    view seen;
    int shared;
    bp_registry_entry *used = NULL;
    const bp_registry_write edit = {.persist = change, .context = &shared};
    const bp_registry_write unused = {.persist = change, .unused = true};
    assert_int_equal(bp_registry_edit(&registry, "a", &edit, &err), BP_NOT_FOUND);
    assert_int_equal(bp_registry_edit(&registry, "a", &unused, &err), BP_NOT_FOUND);
    assert_int_equal(put("a", 1, false, NULL, &err), BP_OK);
    assert_int_equal(bp_registry_edit(&registry, "a", &edit, &err), BP_OK);
    assert_int_equal(bp_registry_edit(&registry, "a", &unused, &err), BP_IO);
    assert_int_equal(bp_registry_use(&registry, "a", 7, &used, &err), BP_OK); /* not left marked */
    assert_int_equal(bp_registry_edit(&registry, "a", &edit, &err), BP_OK);
    assert_int_equal(bp_registry_edit(&registry, "a", &unused, &err), BP_CONFLICT);
    assert_non_null(strstr(err.message, "job 7"));
    bp_registry_release(&registry, used, 7);
    assert_int_equal(bp_registry_get(&registry, "a", &seen, &err), BP_OK);
    assert_int_equal(seen.number, 4);
}

static void names_are_checked(void **state) {
    (void)state;
    static const char longest[] =
        "a23456789012345678901234567890123456789012345678901234567890.-_4";
    static const char *const good[] = {"a", "9", "MNIST-784.v2_x", longest};
    static const char *const bad[] = {"",    ".a", "-a",           "_a",  "a b",
                                      "a/b", "..", "na\xc3\xafve", "a\n", "a%"};
    char too_long[BP_NAME_SIZE + 1];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(bp_registry_check_name(good[i], NULL), BP_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        bp_error err = {0};
        assert_int_equal(bp_registry_check_name(bad[i], &err), BP_INVALID);
        assert_string_equal(err.field, "/name");
    }
    snprintf(too_long, sizeof too_long, "%s5", longest);
    assert_int_equal(bp_registry_check_name(too_long, NULL), BP_INVALID);
}

/* --- many threads --------------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 500 };

static bp_status agree(void *context, bp_registry_entry *entry, bp_error *err) {
    (void)context, (void)entry, (void)err;
    return BP_OK;
}

/* Uses, lists, replaces and deletes the same few names. */
static void *churn(void *argument) {
    unsigned number = *(unsigned *)argument;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char name[2] = {(char)('a' + (round + number) % 3), '\0'};
        bp_registry_entry *used = NULL;
        view views[3];
        bp_registry_page page = {.limit = 3, .infos = views, .info_size = sizeof views[0]};
        thing *made = calloc(1, sizeof *made);
        if (made == NULL) {
            return argument;
        }
        bp_registry_entry_init(&made->entry, name, 1.0, destroy);
        bp_registry_write write = {.persist = agree, .replace = true};
        if (bp_registry_put(&registry, &made->entry, &write, NULL) != BP_OK) {
            bp_registry_entry_unref(&made->entry);
        }
        if (bp_registry_use(&registry, name, number, &used, NULL) == BP_OK) {
            bp_registry_list(&registry, &page);
            bp_registry_release(&registry, used, number);
        }
        write.replace = false;
        bp_status dropped = bp_registry_remove(&registry, name, &write, NULL);
        if (dropped != BP_OK && dropped != BP_NOT_FOUND && dropped != BP_CONFLICT) {
            return argument;
        }
    }
    return NULL;
}

static void many_threads_churn(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    unsigned numbers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i + 1;
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &numbers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

int main(void) {
#define IN_REGISTRY(name) cmocka_unit_test_setup_teardown(name, set_up_registry, tear_down_registry)
    const struct CMUnitTest tests[] = {
        IN_REGISTRY(pages_by_name),
        IN_REGISTRY(replaces_only_where_asked),
        IN_REGISTRY(what_is_used_stays),
        IN_REGISTRY(a_failed_write_changes_nothing),
        IN_REGISTRY(names_are_checked),
        IN_REGISTRY(many_threads_churn),
        IN_REGISTRY(edits_may_want_it_unused),
    };
#undef IN_REGISTRY
    return cmocka_run_group_tests(tests, NULL, NULL);
}
