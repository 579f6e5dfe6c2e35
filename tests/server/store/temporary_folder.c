#include "temporary_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

bool make_temporary_folder(char path[TEMPORARY_PATH_SIZE]) {
    snprintf(path, TEMPORARY_PATH_SIZE, "/tmp/backpropd-test-XXXXXX");
    return mkdtemp(path) != NULL;
}

static int remove_entry(const char *path, const struct stat *facts, int kind, struct FTW *walk) {
    (void)facts, (void)kind, (void)walk;
    return remove(path);
}

void remove_folder(const char *path) {
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
