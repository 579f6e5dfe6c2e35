#include "digest.h"

#include <stdio.h>
#include <string.h>

void bp_digest_start(bp_digest *digest) {
    sha256_init(&digest->state);
}

void bp_digest_add(bp_digest *digest, const void *bytes, size_t size) {
    sha256_update(&digest->state, size, bytes);
}

void bp_digest_add_floats(bp_digest *digest, const float *values, size_t count) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    bp_digest_add(digest, values, count * sizeof *values);
#else
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits = __builtin_bswap32(bits);
        bp_digest_add(digest, &bits, sizeof bits);
    }
#endif
}

void bp_digest_finish_bytes(bp_digest *digest, uint8_t bytes[BP_DIGEST_BYTES]) {
    _Static_assert(BP_DIGEST_BYTES == SHA256_DIGEST_SIZE, "of SHA-256");
    sha256_digest(&digest->state, BP_DIGEST_BYTES, bytes);
}

void bp_digest_finish(bp_digest *digest, char hex[BP_DIGEST_HEX_SIZE]) {
    uint8_t bytes[BP_DIGEST_BYTES];
    bp_digest_finish_bytes(digest, bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
}
