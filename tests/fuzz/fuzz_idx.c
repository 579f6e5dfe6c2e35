/* libFuzzer: any bytes as IDX, whole and in pieces. */
#include "fuzz_array.h"
#include "idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fuzz_array(&bp_idx_format, bytes, size);
    return 0;
}
