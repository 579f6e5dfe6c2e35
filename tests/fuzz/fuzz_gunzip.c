/* libFuzzer: any bytes as gzip, whole and in pieces. */
#include "fuzz_pieces.h"
#include "gunzip_load.h"

/* Most bodies that grow much are stopped early, so that there is time for the others; some grow
 * until their ratio stops them. */
enum { USUAL_LIMIT = 100000, BOMB_LIMIT = 3 << 20, BOMBS_AMONG = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint32_t choice = choose(bytes, size);
    uint64_t limit = choice % BOMBS_AMONG == 0 ? BOMB_LIMIT : USUAL_LIMIT;
    gunzip_loaded whole;
    gunzip_load(&whole, bytes, size, limit, (array_pieces){SIZE_MAX, SIZE_MAX});
    require(whole.status == whole.err.code, "status");
    require((whole.status == BP_OK) == (whole.err.message[0] == '\0'), "message");
    require(whole.size <= limit, "more output than the limit");
    for (size_t i = 0; i < FUZZ_CUTS; i++) {
        gunzip_loaded loaded;
        gunzip_load(&loaded, bytes, size, limit, fuzz_cut(i, choice, size));
        require(gunzip_loaded_equal(&loaded, &whole), "another result in pieces");
        gunzip_loaded_clear(&loaded);
    }
    gunzip_loaded_clear(&whole);
    return 0;
}
