/* The scan loop with the SHA-2 instructions of ARMv8's cryptography extension. */
#include <arm_neon.h>

#include "sha256.h"

#define VARIANT armv8_variant
#define VARIANT_NAME "armv8"

#define QUAD uint32x4_t
#define q_load vld1q_u32
#define q_add vaddq_u32
#define q_with_word3(quad, word) vsetq_lane_u32(word, quad, 3)

/* W[t..t+3] from the four quads before it. */
INLINE QUAD q_next(QUAD w16, QUAD w12, QUAD w8, QUAD w4) {
  return vsha256su1q_u32(vsha256su0q_u32(w16, w12), w8, w4);
}

typedef struct {
  uint32x4_t abcd, efgh;
} State;

INLINE State state_of(const uint32_t s[8]) { return (State){vld1q_u32(&s[0]), vld1q_u32(&s[4])}; }

INLINE void digest_of(State s, QUAD *abcd, QUAD *efgh) {
  *abcd = s.abcd;
  *efgh = s.efgh;
}

INLINE State add_states(State s, State t) {
  return (State){vaddq_u32(s.abcd, t.abcd), vaddq_u32(s.efgh, t.efgh)};
}

#define KNOWN_ROUNDS 0

/* Four rounds; each half of the result needs both halves of the old state. */
INLINE State four_rounds(State s, QUAD scheduled) {
  return (State){
      vsha256hq_u32(s.abcd, s.efgh, scheduled),
      vsha256h2q_u32(s.efgh, s.abcd, scheduled),
  };
}

INLINE State first_rounds(State s, QUAD scheduled) { return four_rounds(s, scheduled); }

/* The instructions do all four at once. */
INLINE void lower_rounds(State *s, QUAD scheduled) { *s = four_rounds(*s, scheduled); }
INLINE void upper_rounds(State *s, QUAD scheduled) { (void)s, (void)scheduled; }

INLINE uint32_t last_digest_word(State s, QUAD scheduled) {
  return vgetq_lane_u32(four_rounds(s, scheduled).efgh, 3) + IV[7];
}

#include "streams.h"
