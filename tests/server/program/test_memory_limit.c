/* Limits of control groups, in trees of files as the system has them. */
#include "memory_limit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "temporary_folder.h"

enum { PATH_SIZE = 512, LIMIT = 100 << 20 };
static char root[TEMPORARY_PATH_SIZE];

static int make_root(void **state) {
    (void)state;
    return make_temporary_folder(root) ? 0 : -1;
}

static int remove_root(void **state) {
    (void)state;
    remove_folder(root);
    return 0;
}

/* A file of the tree, with the folders that it is in. */
static void put(const char *name, const char *text) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s%s", root, name);
    for (char *at = strchr(path + strlen(root) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static size_t machine(void) {
    return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE) / 10 * 9;
}

static void a_machine_without_groups_gives_most_of_its_memory(void **state) {
    (void)state;
    assert_int_equal(bp_memory_limit_find(root), machine());
}

static void a_group_of_version_2_limits(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/system/daemon\n");
    put("/sys/fs/cgroup/system/daemon/memory.max", "104857600\n");
    assert_int_equal(bp_memory_limit_find(root), LIMIT / 10 * 9);
}

static void so_does_one_that_it_is_in(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/system/daemon\n");
    put("/sys/fs/cgroup/system/daemon/memory.max", "max\n");
    put("/sys/fs/cgroup/system/memory.max", "104857600\n");
    assert_int_equal(bp_memory_limit_find(root), LIMIT / 10 * 9);
}

/* A container sees its own group as the top one, whatever its name outside. */
static void a_container_has_its_limit_at_the_top(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/outside/name\n");
    put("/sys/fs/cgroup/memory.max", "104857600\n");
    assert_int_equal(bp_memory_limit_find(root), LIMIT / 10 * 9);
}

static void a_group_of_version_1_limits(void **state) {
    (void)state;
    put("/proc/self/cgroup", "7:cpu,cpuacct:/a\n5:memory:/a\n0::/\n");
    put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "104857600\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(bp_memory_limit_find(root), LIMIT / 10 * 9);
}

static void what_is_no_limit_is_none(void **state) {
    (void)state;
    put("/proc/self/cgroup", "0::/a\nnonsense\n:::\n\n");
    put("/sys/fs/cgroup/a/memory.max", "max\n");
    put("/sys/fs/cgroup/memory.max", "many\n");
    assert_int_equal(bp_memory_limit_find(root), machine());
    put("/sys/fs/cgroup/memory.max", "");
    assert_int_equal(bp_memory_limit_find(root), machine());
}

int main(void) {
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        IN_ROOT(a_machine_without_groups_gives_most_of_its_memory),
        IN_ROOT(a_group_of_version_2_limits),
        IN_ROOT(so_does_one_that_it_is_in),
        IN_ROOT(a_container_has_its_limit_at_the_top),
        IN_ROOT(a_group_of_version_1_limits),
        IN_ROOT(what_is_no_limit_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
