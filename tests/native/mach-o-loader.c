/*
 * Runs the addon for macOS on Linux, on a machine of the same kind: an addon for Node itself, it maps the Mach-O bundle
 * that the environment names in MACH_O as macOS's dyld would, and hands over to it. Both systems have the same calling
 * convention, and the bundle calls nothing but Node-API, malloc and free. Formats: Apple's mach-o/loader.h.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_BYTES (1 << 20)
#define MAX_SEGMENTS 8
#define PAGE 4096

enum { LC_SYMTAB = 0x2, LC_SEGMENT_64 = 0x19, LC_DYLD_INFO_ONLY = 0x80000022 };

struct header { uint32_t magic, cpu[2], type, commands, commands_size, flags, reserved; };
struct command { uint32_t name, size; };
struct segment { struct command command; char name[16]; uint64_t address, size, offset, file_size; };
struct symbols { struct command command; uint32_t offset, count, strings, strings_size; };
struct symbol { uint32_t name, kind; uint64_t address; };
struct part { uint32_t offset, size; };
struct dyld_info { struct command command; struct part rebase, bind, weak, lazy, exports; };

static uint8_t file[MAX_BYTES];
static uint8_t *image;
static const struct segment *segments[MAX_SEGMENTS];
static int segment_count;

static void fail(const char *what) {
  fprintf(stderr, "Mach-O: %s\n", what);
  exit(1);
}

static uint64_t uleb128(const uint8_t **at) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t byte = *(*at)++;
    value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
}

static void rebase_slots(uint64_t *address, uint64_t count, uint64_t skipped) {
  for (; count > 0; count--, *address += 8 + skipped) {
    *(uint64_t *)(image + *address) += (uint64_t)image;
  }
}

/* REBASE_OPCODE_*: pointers into the image. */
static void rebase(struct part part) {
  const uint8_t *at = file + part.offset;
  const uint8_t *const end = at + part.size;
  uint64_t address = 0, count;
  while (at < end) {
    const uint8_t operand = *at & 0x0f, opcode = *at++ & 0xf0;
    switch (opcode) {
      case 0x00: return;
      case 0x10: break;
      case 0x20: address = segments[operand]->address + uleb128(&at); break;
      case 0x30: address += uleb128(&at); break;
      case 0x40: address += operand * 8; break;
      case 0x50: rebase_slots(&address, operand, 0); break;
      case 0x60: rebase_slots(&address, uleb128(&at), 0); break;
      case 0x70: rebase_slots(&address, 1, uleb128(&at)); break;
      case 0x80: count = uleb128(&at), rebase_slots(&address, count, uleb128(&at)); break;
      default: fail("an opcode of rebase");
    }
  }
}

/* Of what the process has. Nothing is bound lazily here, so nothing calls the stub binder. */
static void bind_slot(uint64_t *address, const char *name, uint64_t skipped) {
  void *const found = dlsym(RTLD_DEFAULT, name + 1);
  if (!found && strcmp(name, "dyld_stub_binder") != 0) fail(name);
  *(void **)(image + *address) = found;
  *address += 8 + skipped;
}

/* BIND_OPCODE_*: what others have. */
static void bind(struct part part) {
  const uint8_t *at = file + part.offset;
  const uint8_t *const end = at + part.size;
  const char *name = "";
  uint64_t address = 0;
  while (at < end) {
    const uint8_t operand = *at & 0x0f, opcode = *at++ & 0xf0;
    switch (opcode) {
      case 0x00: case 0x10: case 0x30: case 0x50: break;
      case 0x20: case 0x60: uleb128(&at); break;
      case 0x40: name = (const char *)at, at += strlen(name) + 1; break;
      case 0x70: address = segments[operand]->address + uleb128(&at); break;
      case 0x80: address += uleb128(&at); break;
      case 0x90: bind_slot(&address, name, 0); break;
      case 0xa0: bind_slot(&address, name, uleb128(&at)); break;
      case 0xb0: bind_slot(&address, name, operand * 8); break;
      default: fail("an opcode of bind");
    }
  }
}

static void *address_of(const struct symbols *table, const char *name) {
  const struct symbol *const symbols = (const struct symbol *)(file + table->offset);
  for (uint32_t i = 0; i < table->count; i++) {
    const char *const found = (const char *)file + table->strings + symbols[i].name;
    if (strcmp(found, name) == 0) return image + symbols[i].address;
  }
  fail(name);
  return NULL;
}

void *napi_register_module_v1(void *env, void *exports) {
  FILE *const stream = fopen(getenv("MACH_O"), "rb");
  if (!stream || fread(file, 1, sizeof file, stream) < sizeof(struct header)) fail("no file");
  fclose(stream);
  image = mmap(NULL, MAX_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  const struct header *const header = (const struct header *)file;
  const struct command *command = (const struct command *)(header + 1);
  const struct dyld_info *info = NULL;
  const struct symbols *table = NULL;
  for (uint32_t i = 0; i < header->commands; i++) {
    if (command->name == LC_SYMTAB) table = (const struct symbols *)command;
    if (command->name == LC_DYLD_INFO_ONLY) info = (const struct dyld_info *)command;
    if (command->name == LC_SEGMENT_64) {
      const struct segment *const segment = (const struct segment *)command;
      segments[segment_count++] = segment;
      memcpy(image + segment->address, file + segment->offset, segment->file_size);
    }
    command = (const struct command *)((const uint8_t *)command + command->size);
  }
  if (!info || !table) fail("nothing to bind");
  rebase(info->rebase);
  bind(info->bind);
  bind(info->lazy);
  /* The first segment is __TEXT. */
  const uint64_t text = (segments[0]->size + PAGE - 1) / PAGE * PAGE;
  mprotect(image, text, PROT_READ | PROT_EXEC);
  void *(*start)(void *, void *) =
      (void *(*)(void *, void *))address_of(table, "_napi_register_module_v1");
  return start(env, exports);
}
