#include "memory_limit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, TEXT_SIZE = 64 };

/* Where a version of control groups has its limits. */
typedef struct hierarchy {
    const char *folder, *file;
} hierarchy;
static const hierarchy version_1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes"};
static const hierarchy version_2 = {"/sys/fs/cgroup", "memory.max"};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The number in a file; SIZE_MAX: there is none, or the word max. */
static size_t read_limit(const char *path) {
    char text[TEXT_SIZE] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return SIZE_MAX;
    const bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    char *end = text;
    errno = 0;
    const unsigned long long number = read ? strtoull(text, &end, 10) : 0;
    return end != text && errno == 0 && number > 0 && number < SIZE_MAX ? (size_t)number : SIZE_MAX;
}

/* Of a group and those it is in. A container that does not see the names above its own has its
 * limit at the top. `group` is shortened on the way. */
static size_t limit_of_group(const char *root, const hierarchy *h, char *group) {
    size_t limit = SIZE_MAX;
    for (;;) {
        char path[PATH_SIZE];
        const int size = snprintf(path, sizeof path, "%s%s%s/%s", root, h->folder, group, h->file);
        if (size > 0 && (size_t)size < sizeof path)
            limit = least(limit, read_limit(path));
        char *slash = strrchr(group, '/');
        if (slash == NULL)
            return limit;
        *slash = '\0';
    }
}

/* A line of /proc/self/cgroup: "0::/group" of version 2, "5:memory:/group" of version 1. */
static size_t limit_of_line(const char *root, char *line) {
    line[strcspn(line, "\n")] = '\0';
    char *rest = line;
    const char *number = strsep(&rest, ":");
    char *controllers = strsep(&rest, ":");
    if (rest == NULL)
        return SIZE_MAX;
    if (strcmp(number, "0") == 0 && *controllers == '\0')
        return limit_of_group(root, &version_2, rest);
    for (char *one; (one = strsep(&controllers, ",")) != NULL;)
        if (strcmp(one, "memory") == 0)
            return limit_of_group(root, &version_1, rest);
    return SIZE_MAX;
}

static size_t limit_of_groups(const char *root) {
    char path[PATH_SIZE], line[PATH_SIZE];
    size_t limit = SIZE_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return limit;
    while (fgets(line, sizeof line, file) != NULL)
        limit = least(limit, limit_of_line(root, line));
    fclose(file);
    return limit;
}

size_t bp_memory_limit_find(const char *root) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    const size_t machine = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX;
    const size_t limit = least(machine, limit_of_groups(root));
    return limit < SIZE_MAX ? limit / 10 * 9 : 0;
}
