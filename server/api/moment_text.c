#include "moment_text.h"

#include <stdio.h>

#include "json_fields.h"

void bp_moment_text(const float *parts, char text[BP_MOMENT_SIZE]) {
    const float second = parts[6];
    int size = snprintf(text, BP_MOMENT_SIZE, "%04d-%02d-%02dT%02d:%02d:", (int)parts[0],
                        (int)parts[1], (int)parts[2], (int)parts[4], (int)parts[5]);
    const size_t used = size > 0 ? (size_t)size : 0;
    char digits[32]; /* six after the point, which is what float32 has; no zeros at the end */
    int last = snprintf(digits, sizeof digits, "%.6f", bp_shortest_double(second)) - 1;
    while (last > 0 && digits[last] == '0') {
        last--;
    }
    last -= digits[last] == '.';
    digits[last + 1] = '\0';
    snprintf(text + used, BP_MOMENT_SIZE - used, "%s%s", second < 10 ? "0" : "", digits);
}
