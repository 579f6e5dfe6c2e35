/* Places: what of the data directory a path is. BP_FAULT_DATA is its real path. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_control.h"

static const struct {
    const char *path; /* below the data directory */
    fault_place place;
} names[] = {
    {"", FAULT_AT_DATA_FOLDER},
    {"/lock", FAULT_AT_LOCK},
    {"/catalogue.sqlite3", FAULT_AT_CATALOGUE},
    {"/catalogue.sqlite3-wal", FAULT_AT_CATALOGUE_WAL},
    {"/catalogue.sqlite3-journal", FAULT_AT_CATALOGUE_JOURNAL},
    {"/blobs", FAULT_AT_BLOBS_FOLDER},
};
static const char blobs[] = "/blobs/";

static fault_place place_below(const char *rest) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(rest, names[i].path) == 0) {
            return names[i].place;
        }
    }
    return strncmp(rest, blobs, sizeof blobs - 1) == 0 ? FAULT_AT_BLOB : FAULT_AT_OTHER;
}

fault_place fault_place_of_path(const char *path) {
    const char *data = getenv("BP_FAULT_DATA");
    if (data == NULL) {
        return FAULT_AT_OUTSIDE;
    }
    size_t length = strlen(data);
    bool is_below =
        strncmp(path, data, length) == 0 && (path[length] == '/' || path[length] == '\0');
    return is_below ? place_below(path + length) : FAULT_AT_OUTSIDE;
}

static bool path_of_file(int file, char out[FAULT_PATH_SIZE]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, out, FAULT_PATH_SIZE - 1);
    if (length < 0) {
        return false;
    }
    out[length] = '\0';
    return true;
}

fault_place fault_place_of_file(int file) {
    char path[FAULT_PATH_SIZE];
    return path_of_file(file, path) ? fault_place_of_path(path) : FAULT_AT_OUTSIDE;
}

/* "DIR/." is DIR: the daemon opens a folder again by that name. */
bool fault_path_of(int folder, const char *name, char out[FAULT_PATH_SIZE]) {
    out[0] = '\0';
    if (name[0] == '/') {
        return snprintf(out, FAULT_PATH_SIZE, "%s", name) < FAULT_PATH_SIZE;
    }
    if (folder == AT_FDCWD ? getcwd(out, FAULT_PATH_SIZE) == NULL : !path_of_file(folder, out)) {
        return false;
    }
    if (strcmp(name, ".") == 0) {
        return true;
    }
    size_t length = strlen(out);
    size_t left = FAULT_PATH_SIZE - length;
    return (size_t)snprintf(out + length, left, "/%s", name) < left;
}
