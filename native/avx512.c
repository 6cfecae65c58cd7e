/* The scan loop in AVX-512F and BW: 16 nonces, two versions at once. */
#include <immintrin.h>

#define VARIANT avx512_variant
#define VARIANT_NAME "avx512"
#define VECTOR __m512i
#define LANES 16
#define VERSIONS_AT_ONCE 2

/* vpternlogd's truth tables: bit (4x + 2y + z) is the result of bits x, y and z. */
#define XOR3 0x96
#define CHOOSE 0xca
#define MAJORITY 0xe8

#define v_splat(word) _mm512_set1_epi32((int)(word))
#define v_add _mm512_add_epi32
#define v_rotr _mm512_ror_epi32
#define v_shr _mm512_srli_epi32
#define v_xor3(x, y, z) _mm512_ternarylogic_epi32(x, y, z, XOR3)
#define v_choose(x, y, z) _mm512_ternarylogic_epi32(x, y, z, CHOOSE)
#define v_majority(x, y, z) _mm512_ternarylogic_epi32(x, y, z, MAJORITY)
/* Bit i is set where lane i has none of the mask's bits. */
#define v_lanes_without(x, mask) ((uint32_t)_mm512_testn_epi32_mask(x, mask))

static inline __m512i v_swap_bytes(__m512i x) {
  const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(order));
}

#include "lanes.h"
