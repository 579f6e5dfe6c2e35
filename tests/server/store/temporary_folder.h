/* A fresh folder for a test, gone with all that is in it at the end. */
#ifndef BP_TEMPORARY_FOLDER_H
#define BP_TEMPORARY_FOLDER_H

#include <stdbool.h>

enum { TEMPORARY_PATH_SIZE = 64 };

bool make_temporary_folder(char path[TEMPORARY_PATH_SIZE]);
void remove_folder(const char *path);

#endif
