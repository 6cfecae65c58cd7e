/*
 * The hash loops as a Node-API addon, used by src/mining/kernels/native.ts alone.
 *
 *   variants                      [{ name, lanes }], the ones this CPU can run
 *   createScanner(variant)        a scanner for variants[variant]
 *   load(scanner, words)          words: a Uint32Array holding a struct prepared_header
 *   scan(scanner, nonce, groups, candidates)
 *                                 candidates: a Uint32Array of VERSIONS; see struct variant
 *
 * All state is in the scanners, so every thread may load it.
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>

#include "scanner.h"

#define ALIGNMENT 64

struct scanner {
  const struct variant *variant;
  void *memory;
};

static const napi_type_tag SCANNER_TAG = {0x6f7263612d6d696e, 0x696e672d7363616e};

/* Throws and returns from the calling function when a Node-API call fails. */
#define CALL(call)                                                          \
  do {                                                                      \
    if ((call) != napi_ok) {                                                \
      napi_throw_type_error(env, NULL, "unexpected argument: " #call);      \
      return NULL;                                                          \
    }                                                                       \
  } while (0)

#define ARGUMENTS(count)                                             \
  napi_value arguments[count];                                       \
  size_t given = count;                                              \
  CALL(napi_get_cb_info(env, info, &given, arguments, NULL, NULL))

static uint32_t *words_of(napi_env env, napi_value value, size_t wanted) {
  napi_typedarray_type type;
  size_t length;
  void *data;
  CALL(napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL));
  if (type == napi_uint32_array && length == wanted) return data;
  napi_throw_range_error(env, NULL, "expected a Uint32Array of another length");
  return NULL;
}

static struct scanner *scanner_of(napi_env env, napi_value value) {
  bool tagged = false;
  void *scanner;
  CALL(napi_check_object_type_tag(env, value, &SCANNER_TAG, &tagged));
  if (!tagged) {
    napi_throw_type_error(env, NULL, "expected a scanner");
    return NULL;
  }
  CALL(napi_unwrap(env, value, &scanner));
  return scanner;
}

static void free_scanner(napi_env env, void *scanner, void *hint) {
  (void)env, (void)hint;
  free(scanner);
}

static napi_value create_scanner(napi_env env, napi_callback_info info) {
  ARGUMENTS(1);
  const struct variant *variants[MAX_VARIANTS];
  const size_t count = supported_variants(variants);
  uint32_t number;
  CALL(napi_get_value_uint32(env, arguments[0], &number));
  if (number >= count) {
    napi_throw_range_error(env, NULL, "no such variant");
    return NULL;
  }
  const struct variant *const variant = variants[number];
  struct scanner *const scanner =
      malloc(sizeof *scanner + variant->memory_size + ALIGNMENT - 1);
  if (!scanner) {
    napi_throw_error(env, NULL, "no memory for a scanner");
    return NULL;
  }
  const uintptr_t behind = (uintptr_t)(scanner + 1);
  scanner->variant = variant;
  scanner->memory = (void *)((behind + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok ||
      napi_wrap(env, object, scanner, free_scanner, NULL, NULL) != napi_ok) {
    free(scanner);
    napi_throw_error(env, NULL, "can't make a scanner");
    return NULL;
  }
  CALL(napi_type_tag_object(env, object, &SCANNER_TAG));
  return object;
}

static napi_value load(napi_env env, napi_callback_info info) {
  ARGUMENTS(2);
  struct scanner *const scanner = scanner_of(env, arguments[0]);
  if (!scanner) return NULL;
  const uint32_t *const words = words_of(env, arguments[1], PREPARED_HEADER_WORDS);
  if (!words) return NULL;
  scanner->variant->load(scanner->memory, (const struct prepared_header *)words);
  return NULL;
}

static napi_value scan(napi_env env, napi_callback_info info) {
  ARGUMENTS(4);
  struct scanner *const scanner = scanner_of(env, arguments[0]);
  if (!scanner) return NULL;
  uint32_t nonce, groups;
  CALL(napi_get_value_uint32(env, arguments[1], &nonce));
  CALL(napi_get_value_uint32(env, arguments[2], &groups));
  uint32_t *const candidates = words_of(env, arguments[3], VERSIONS);
  if (!candidates) return NULL;
  napi_value passed;
  const uint32_t count = scanner->variant->scan(scanner->memory, nonce, groups, candidates);
  CALL(napi_create_uint32(env, count, &passed));
  return passed;
}

static napi_value describe_variants(napi_env env) {
  const struct variant *variants[MAX_VARIANTS];
  const size_t count = supported_variants(variants);
  napi_value list;
  CALL(napi_create_array_with_length(env, count, &list));
  for (size_t i = 0; i < count; i++) {
    napi_value entry, name, lanes;
    CALL(napi_create_object(env, &entry));
    CALL(napi_create_string_utf8(env, variants[i]->name, NAPI_AUTO_LENGTH, &name));
    CALL(napi_create_uint32(env, variants[i]->lanes, &lanes));
    CALL(napi_set_named_property(env, entry, "name", name));
    CALL(napi_set_named_property(env, entry, "lanes", lanes));
    CALL(napi_set_element(env, list, (uint32_t)i, entry));
  }
  return list;
}

NAPI_MODULE_INIT() {
  const napi_value variants = describe_variants(env);
  if (!variants) return NULL;
  const napi_property_descriptor properties[] = {
      {"variants", NULL, NULL, NULL, NULL, variants, napi_enumerable, NULL},
      {"createScanner", NULL, create_scanner, NULL, NULL, NULL, napi_enumerable, NULL},
      {"load", NULL, load, NULL, NULL, NULL, napi_enumerable, NULL},
      {"scan", NULL, scan, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  CALL(napi_define_properties(env, exports, sizeof properties / sizeof *properties, properties));
  return exports;
}
