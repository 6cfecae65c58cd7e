/*
 * What a DLL usually has of a C runtime, without one. Node-API comes from the program that loads the addon, which is
 * node.exe, Electron's executable or any other name: its functions are linked as if delay-loaded from node.exe
 * (PE format, "Delay-Load Import Tables"), and looked up in the process's main module instead.
 */
#include <stdlib.h>
#include <windows.h>

void *malloc(size_t size) { return HeapAlloc(GetProcessHeap(), 0, size); }
void free(void *memory) { HeapFree(GetProcessHeap(), 0, memory); }

/* ImgDelayDescr of delayimp.h; addresses relative to the image. */
struct delay_descriptor {
  uint32_t attributes, dll_name, module, addresses, names, bound, unload, time;
};

/* IMAGE_IMPORT_BY_NAME of winnt.h. */
struct imported_name {
  uint16_t hint;
  char name[];
};

/* The linker's name for the start of this image. */
extern const char __ImageBase[];

/* Called by the linker's thunks: returns the function whose address belongs to `slot`, which keeps it for next time. */
void *__delayLoadHelper2(const struct delay_descriptor *descriptor, void **slot) {
  void **const addresses = (void **)(__ImageBase + descriptor->addresses);
  const uint64_t *const names = (const uint64_t *)(__ImageBase + descriptor->names);
  const struct imported_name *const imported =
      (const struct imported_name *)(__ImageBase + names[slot - addresses]);
  *slot = GetProcAddress(GetModuleHandleW(NULL), imported->name);
  return *slot;
}

/* Refuses a program that has no Node-API of its own, which could only crash later. */
BOOL DllMainCRTStartup(void *module, DWORD reason, void *reserved) {
  (void)module, (void)reason, (void)reserved;
  return GetProcAddress(GetModuleHandleW(NULL), "napi_define_properties") != NULL;
}

#if defined(__x86_64__)
/* Called where a frame is larger than a page, with its size in rax: touches each page of it in turn, since Windows
 * grows a stack by the page below. Keeps all registers. */
__attribute__((naked)) void ___chkstk_ms(void) {
  __asm__("pushq %rcx\n\t"
          "pushq %rax\n\t"
          "leaq 24(%rsp), %rcx\n\t"
          "cmpq $0x1000, %rax\n\t"
          "jb 2f\n"
          "1:\n\t"
          "subq $0x1000, %rcx\n\t"
          "testq %rcx, (%rcx)\n\t"
          "subq $0x1000, %rax\n\t"
          "cmpq $0x1000, %rax\n\t"
          "ja 1b\n"
          "2:\n\t"
          "subq %rax, %rcx\n\t"
          "testq %rcx, (%rcx)\n\t"
          "popq %rax\n\t"
          "popq %rcx\n\t"
          "ret");
}
#endif
