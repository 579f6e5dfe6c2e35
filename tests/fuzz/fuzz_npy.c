/* libFuzzer: any bytes as NPY, whole and in pieces. */
#include "fuzz_array.h"
#include "npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fuzz_array(&bp_npy_format, bytes, size);
    return 0;
}
