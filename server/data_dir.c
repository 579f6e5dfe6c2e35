#include "data_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bp_status bp_data_dir_default(char **out, bp_error *err) {
    static const struct {
        const char *variable, *below;
    } places[] = {{"XDG_STATE_HOME", "/backpropd"}, {"HOME", "/.local/state/backpropd"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *base = getenv(places[i].variable);
        if (base == NULL || base[0] != '/')
            continue;
        if (asprintf(out, "%s%s", base, places[i].below) < 0)
            return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the data directory's name");
        return BP_OK;
    }
    return bp_fail(err, BP_INVALID, "data-dir",
                   "there is no home directory to keep data in; give --data-dir DIR");
}

bp_status bp_data_dir_make_parents(const char *path, bp_error *err) {
    char *copy = strdup(path);
    if (copy == NULL)
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the data directory's name");
    bp_status status = BP_OK;
    char *slash = *copy == '\0' ? NULL : strchr(copy + 1, '/');
    for (; slash != NULL && status == BP_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            status = bp_fail(err, BP_IO, "data-dir", "cannot make %s: %s", copy, strerror(errno));
        *slash = '/';
    }
    free(copy);
    return status;
}
