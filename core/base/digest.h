/* SHA-256 (FIPS 180-4) through nettle. */
#ifndef BP_DIGEST_H
#define BP_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include <nettle/sha2.h>

enum {
    BP_DIGEST_BYTES = 32,
    BP_DIGEST_HEX_SIZE = 65 /* 64 digits and the terminator */
};

/* A copy of the state goes on by itself: what two texts begin with is read once. */
typedef struct bp_digest {
    struct sha256_ctx state;
} bp_digest;

void bp_digest_start(bp_digest *digest);
void bp_digest_add(bp_digest *digest, const void *bytes, size_t size);
/* Adds float32 values as little-endian bytes. */
void bp_digest_add_floats(bp_digest *digest, const float *values, size_t count);
/* Writes the digest; the state is spent. */
void bp_digest_finish_bytes(bp_digest *digest, uint8_t bytes[BP_DIGEST_BYTES]);
/* Writes the lower-case hex digest; the state is spent. */
void bp_digest_finish(bp_digest *digest, char hex[BP_DIGEST_HEX_SIZE]);

#endif
