/* The scan loop in AVX2: 8 nonces. */
#include <immintrin.h>

#define VARIANT avx2_variant
#define VARIANT_NAME "avx2"
#define VECTOR __m256i
#define LANES 8
#define VERSIONS_AT_ONCE 1

#define v_splat(word) _mm256_set1_epi32((int)(word))
#define v_add _mm256_add_epi32
#define v_shr _mm256_srli_epi32
#define v_xor _mm256_xor_si256
#define v_and _mm256_and_si256
#define v_rotr(x, bits) v_xor(v_shr(x, bits), _mm256_slli_epi32(x, 32 - (bits)))
#define v_xor3(x, y, z) v_xor(v_xor(x, y), z)
#define v_choose(x, y, z) v_xor(v_and(v_xor(y, z), x), z)
#define v_majority(x, y, z) v_xor(v_and(x, y), v_and(z, v_xor(x, y)))

/* Bit i is set where lane i has none of the mask's bits. */
static inline unsigned v_lanes_without(__m256i x, __m256i mask) {
  const __m256i without = _mm256_cmpeq_epi32(v_and(x, mask), _mm256_setzero_si256());
  return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(without));
}

static inline __m256i v_swap_bytes(__m256i x) {
  const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(order));
}

#include "lanes.h"
