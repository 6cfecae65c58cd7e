/*
 * For prebuilds, which are compiled without a C library's headers: what the addon calls of <stdlib.h>. On Linux and
 * macOS the process that loads it has these, on Windows windows/runtime.c.
 */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void free(void *memory);

#endif
