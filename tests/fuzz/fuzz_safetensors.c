/* libFuzzer: any bytes as safetensors, whole and in pieces. */
#include "fuzz_array.h"
#include "safetensors_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fuzz_array(&bp_safetensors_format, bytes, size);
    return 0;
}
