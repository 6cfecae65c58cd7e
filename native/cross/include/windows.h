/* What the addon and windows/runtime.c call of kernel32.dll (windows/kernel32.def), as <windows.h> declares it. */
#ifndef WINDOWS_H
#define WINDOWS_H

#include <stddef.h>
#include <stdint.h>

#define KERNEL32 __declspec(dllimport)

typedef int BOOL;
typedef uint32_t DWORD;

/* winnt.h */
#define PF_ARM_V8_CRYPTO_INSTRUCTIONS_AVAILABLE 30
KERNEL32 BOOL IsProcessorFeaturePresent(DWORD feature);

/* heapapi.h */
KERNEL32 void *GetProcessHeap(void);
KERNEL32 void *HeapAlloc(void *heap, DWORD flags, size_t size);
KERNEL32 BOOL HeapFree(void *heap, DWORD flags, void *memory);

/* libloaderapi.h */
KERNEL32 void *GetModuleHandleW(const uint16_t *name);
KERNEL32 void *GetProcAddress(void *module, const char *name);

#endif
