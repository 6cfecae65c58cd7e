/* The scan loop with Intel's SHA extensions (and SSE4.1). */
#include <immintrin.h>

#include "sha256.h"

#define VARIANT sha_ni_variant
#define VARIANT_NAME "sha-ni"

#define QUAD __m128i
#define q_load(words) _mm_loadu_si128((const __m128i *)(words))
#define q_add _mm_add_epi32
#define q_with_word3(quad, word) _mm_insert_epi32(quad, (int)(word), 3)

/* W[t..t+3] from the four quads before it. */
INLINE QUAD q_next(QUAD w16, QUAD w12, QUAD w8, QUAD w4) {
  const QUAD sum = _mm_add_epi32(_mm_sha256msg1_epu32(w16, w12), _mm_alignr_epi8(w4, w8, 4));
  return _mm_sha256msg2_epu32(sum, w4);
}

/* The order in which sha256rnds2 takes the state, most significant word first. */
typedef struct {
  __m128i abef, cdgh;
} State;

INLINE State state_of(const uint32_t s[8]) {
  return (State){
      _mm_set_epi32((int)s[0], (int)s[1], (int)s[4], (int)s[5]),
      _mm_set_epi32((int)s[2], (int)s[3], (int)s[6], (int)s[7]),
  };
}

INLINE void digest_of(State s, QUAD *abcd, QUAD *efgh) {
  const __m128i abef = _mm_shuffle_epi32(s.abef, 0x1b), cdgh = _mm_shuffle_epi32(s.cdgh, 0x1b);
  *abcd = _mm_unpacklo_epi64(abef, cdgh);
  *efgh = _mm_unpackhi_epi64(abef, cdgh);
}

INLINE State add_states(State s, State t) {
  return (State){_mm_add_epi32(s.abef, t.abef), _mm_add_epi32(s.cdgh, t.cdgh)};
}

/* Two rounds at a time: the result is the new abef, and the old abef is the new cdgh. */
#define UPPER_TWO(scheduled) _mm_shuffle_epi32(scheduled, 0x0e)

#define KNOWN_ROUNDS 2

INLINE State first_rounds(State s, QUAD scheduled) {
  return (State){_mm_sha256rnds2_epu32(s.cdgh, s.abef, UPPER_TWO(scheduled)), s.abef};
}

/* Rounds t and t+1. They leave the state with its halves exchanged... */
INLINE void lower_rounds(State *s, QUAD scheduled) {
  s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, scheduled);
}

/* ... which rounds t+2 and t+3 put right. */
INLINE void upper_rounds(State *s, QUAD scheduled) {
  s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, UPPER_TWO(scheduled));
}

/* Round 60 settles e, which round 61 moves to f; rounds 62 and 63 would only move it to h. */
INLINE uint32_t last_digest_word(State s, QUAD scheduled) {
  const __m128i abef = _mm_sha256rnds2_epu32(s.cdgh, s.abef, scheduled);
  return (uint32_t)_mm_cvtsi128_si32(abef) + IV[7];
}

#include "streams.h"
