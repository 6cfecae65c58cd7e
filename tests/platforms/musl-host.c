/*
 * Stands in for a Node that is linked with musl, as on Alpine: loads the addon and implements what it needs of Node-API.
 *
 *   musl-host orca.node <nonce> <words of a struct prepared_header>     all in decimal
 *
 * Prints a line for each hash loop: its name, and for a scan of one group from the nonce on what it returned and the
 * candidates, by version.
 */
#include <dlfcn.h>
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSIONS 16
#define MAX_WORDS 256
#define MAX_VARIANTS 8
#define MAX_METHODS 8

struct value {
  uint32_t number;
  /* the elements of a Uint32Array */
  uint32_t *words;
  size_t length;
  /* what a scanner wraps */
  void *wrapped;
  napi_type_tag tag;
};

static char names[MAX_VARIANTS][32];
static size_t variants;
static napi_property_descriptor methods[MAX_METHODS];
static size_t method_count;
static napi_value *arguments;

static struct value *of(napi_value value) { return (struct value *)value; }
static napi_status made(napi_value *result) {
  *result = calloc(1, sizeof(struct value));
  return *result ? napi_ok : napi_generic_failure;
}
static napi_status thrown(const char *message) {
  fprintf(stderr, "%s\n", message);
  exit(1);
}

napi_status napi_create_object(napi_env env, napi_value *result) { return made(result); }
napi_status napi_create_array_with_length(napi_env env, size_t length, napi_value *result) {
  return made(result);
}
napi_status napi_create_uint32(napi_env env, uint32_t number, napi_value *result) {
  made(result);
  of(*result)->number = number;
  return napi_ok;
}
/* The only strings are the names of the variants, in their order. */
napi_status napi_create_string_utf8(napi_env env, const char *text, size_t length, napi_value *result) {
  snprintf(names[variants++], sizeof names[0], "%s", text);
  return made(result);
}
napi_status napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value) {
  return napi_ok;
}
napi_status napi_set_element(napi_env env, napi_value array, uint32_t index, napi_value value) {
  return napi_ok;
}
napi_status napi_define_properties(napi_env env, napi_value object, size_t count,
                                   const napi_property_descriptor *properties) {
  method_count = count;
  memcpy(methods, properties, count * sizeof *properties);
  return napi_ok;
}
napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count, napi_value *argv,
                             napi_value *this, void **data) {
  memcpy(argv, arguments, *count * sizeof *argv);
  return napi_ok;
}
napi_status napi_get_value_uint32(napi_env env, napi_value value, uint32_t *result) {
  *result = of(value)->number;
  return napi_ok;
}
napi_status napi_get_typedarray_info(napi_env env, napi_value array, napi_typedarray_type *type,
                                     size_t *length, void **data, napi_value *buffer, size_t *offset) {
  *type = napi_uint32_array;
  *length = of(array)->length;
  *data = of(array)->words;
  return napi_ok;
}
napi_status napi_wrap(napi_env env, napi_value object, void *native, napi_finalize finalize, void *hint,
                      napi_ref *result) {
  of(object)->wrapped = native;
  return napi_ok;
}
napi_status napi_unwrap(napi_env env, napi_value object, void **result) {
  *result = of(object)->wrapped;
  return napi_ok;
}
napi_status napi_type_tag_object(napi_env env, napi_value object, const napi_type_tag *tag) {
  of(object)->tag = *tag;
  return napi_ok;
}
napi_status napi_check_object_type_tag(napi_env env, napi_value object, const napi_type_tag *tag, bool *result) {
  *result = memcmp(&of(object)->tag, tag, sizeof *tag) == 0;
  return napi_ok;
}
napi_status napi_throw_error(napi_env env, const char *code, const char *message) { return thrown(message); }
napi_status napi_throw_type_error(napi_env env, const char *code, const char *message) { return thrown(message); }
napi_status napi_throw_range_error(napi_env env, const char *code, const char *message) { return thrown(message); }

static napi_value call(const char *name, struct value *argv[]) {
  arguments = (napi_value *)argv;
  for (size_t i = 0; i < method_count; i++) {
    if (strcmp(methods[i].utf8name, name) == 0) return methods[i].method(NULL, NULL);
  }
  thrown("no such method");
  return NULL;
}

int main(int count, char *argv[]) {
  uint32_t words[MAX_WORDS] = {0}, found[VERSIONS];
  if (count < 4 || count - 3 > MAX_WORDS) return 2;
  for (int i = 3; i < count; i++) words[i - 3] = strtoul(argv[i], NULL, 10);
  void *const addon = dlopen(argv[1], RTLD_NOW);
  if (!addon) thrown(dlerror());
  napi_value (*const init)(napi_env, napi_value) = dlsym(addon, "napi_register_module_v1");
  if (!init) thrown(dlerror());
  napi_value exports;
  made(&exports);
  if (!init(NULL, exports)) thrown("not initialised");

  for (size_t i = 0; i < variants; i++) {
    struct value number = {.number = i}, nonce = {.number = strtoul(argv[2], NULL, 10)}, one = {.number = 1};
    struct value header = {.words = words, .length = count - 3}, candidates = {.words = found, .length = VERSIONS};
    struct value *const scanner = of(call("createScanner", (struct value *[]){&number}));
    call("load", (struct value *[]){scanner, &header});
    memset(found, 0, sizeof found);
    struct value *const passed =
        of(call("scan", (struct value *[]){scanner, &nonce, &one, &candidates}));
    printf("%s %u", names[i], passed->number);
    for (int v = 0; v < VERSIONS; v++) printf(" %u", found[v]);
    printf("\n");
  }
  return 0;
}
