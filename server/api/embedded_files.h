/* The files compiled into the program by embed.cmake: the OpenAPI document and the dashboard. */
#ifndef BP_EMBEDDED_FILES_H
#define BP_EMBEDDED_FILES_H

#include <stddef.h>

typedef struct bp_embedded_file {
    const char *name;   /* without its folder */
    const char *sha256; /* of the bytes, hex */
    const unsigned char *bytes;
    size_t size;
} bp_embedded_file;

extern const bp_embedded_file bp_embedded_files[];
extern const size_t bp_embedded_file_count;

#endif
