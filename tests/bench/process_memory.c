#include "process_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_options.h"

double bp_process_mib(const char *name) {
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    double kib = 0;
    size_t length = strlen(name);
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            kib = strtod(line + length + 1, NULL);
        }
    }
    if (file == NULL || kib <= 0) {
        bench_stop("/proc/self/status", "it does not say how much memory there is");
    }
    fclose(file);
    return kib / 1024;
}

void bp_process_forget_peak(void) {
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL || fputs("5", file) < 0 || fclose(file) != 0) {
        bench_stop("/proc/self/clear_refs", "it cannot be written");
    }
}
