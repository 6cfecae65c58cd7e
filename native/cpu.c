/* Which hash loops this CPU and its operating system can run. */
#include "scanner.h"

#if defined(__x86_64__) || defined(_M_X64)

#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif

/* Intel's Software Developer's Manual, volume 2, CPUID. */
struct leaf {
  uint32_t eax, ebx, ecx, edx;
};

static struct leaf cpuid(uint32_t number) {
  struct leaf leaf = {0};
#if defined(_MSC_VER)
  int words[4];
  __cpuid(words, 0);
  if ((uint32_t)words[0] < number) return leaf;
  __cpuidex(words, (int)number, 0);
  leaf = (struct leaf){(uint32_t)words[0], (uint32_t)words[1], (uint32_t)words[2],
                       (uint32_t)words[3]};
#else
  __get_cpuid_count(number, 0, &leaf.eax, &leaf.ebx, &leaf.ecx, &leaf.edx);
#endif
  return leaf;
}

/* The register states that the operating system saves. */
static uint64_t saved_states(void) {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
#endif
}

#define BIT(number) (1u << (number))
#define HAS(word, bits) (((word) & (bits)) == (bits))

/* Leaf 1, ecx. */
#define SSSE3 BIT(9)
#define SSE41 BIT(19)
#define OSXSAVE BIT(27)
/* Leaf 7, ebx. */
#define AVX2 BIT(5)
#define AVX512F BIT(16)
#define SHA BIT(29)
#define AVX512BW BIT(30)
/* XCR0: SSE and AVX; opmask and both parts of AVX-512's registers. */
#define YMM (BIT(1) | BIT(2))
#define ZMM (YMM | BIT(5) | BIT(6) | BIT(7))

size_t supported_variants(const struct variant *variants[MAX_VARIANTS]) {
  const struct leaf basic = cpuid(1), extended = cpuid(7);
  const uint64_t states = HAS(basic.ecx, OSXSAVE) ? saved_states() : 0;
  size_t count = 0;
  if (HAS(states, ZMM) && HAS(extended.ebx, AVX512F | AVX512BW)) {
    variants[count++] = &avx512_variant;
  }
  if (HAS(basic.ecx, SSSE3 | SSE41) && HAS(extended.ebx, SHA)) variants[count++] = &sha_ni_variant;
  if (HAS(states, YMM) && HAS(extended.ebx, AVX2)) variants[count++] = &avx2_variant;
  return count;
}

#elif defined(__aarch64__) || defined(_M_ARM64)

#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

static int has_sha2(void) { return (getauxval(AT_HWCAP) & HWCAP_SHA2) != 0; }
#elif defined(_WIN32)
#include <windows.h>

static int has_sha2(void) {
  return IsProcessorFeaturePresent(PF_ARM_V8_CRYPTO_INSTRUCTIONS_AVAILABLE);
}
#else
/* Every 64-bit Mac has them. */
static int has_sha2(void) { return 1; }
#endif

size_t supported_variants(const struct variant *variants[MAX_VARIANTS]) {
  if (!has_sha2()) return 0;
  variants[0] = &armv8_variant;
  return 1;
}

#else

size_t supported_variants(const struct variant *variants[MAX_VARIANTS]) {
  (void)variants;
  return 0;
}

#endif
