/*
 * The scan loop for instruction sets with vectors of 32-bit lanes. The file that includes it defines
 *
 *   VARIANT, VARIANT_NAME  identifier of the variant it makes, and its name
 *   VECTOR, LANES          a vector type and how many 32-bit lanes it has
 *   VERSIONS_AT_ONCE       1, or 2 where there are registers for two versions' rounds, interleaved
 *   v_*                    the operations used below
 *
 * A vector holds the same word for as many nonces, in order:
 *
 *      | n | n+1 | n+2 | ... | n+LANES-1 |
 *
 * Headers that differ in rolled version bits alone have the same second block, hence one schedule:
 *
 *      for each group of LANES nonces
 *        S   hash 1's schedule, W + K, to memory
 *        for each version (two at once)
 *          A   hash 1, rounds 0..7       0..2 are done in load, of 3 two additions are left
 *          H   hash 1, rounds 8..63      a loop, 8 rounds in a pass
 *          B   hash 2, rounds 0..31      its words are, or are made of, hash 1's result and constants
 *          G   hash 2, rounds 32..55     a loop, 8 rounds in a pass; makes the schedule as it goes
 *          C   hash 2, rounds 56..60     what the last digest word needs, and the filter
 *
 * Loops, because 121 rounds of straight code don't fit a CPU's cache of decoded instructions.
 */
#include "scanner.h"
#include "sha256.h"

/* ---- A word of each version that is hashed at once ---- */

#if VERSIONS_AT_ONCE == 2
typedef struct {
  VECTOR x, y;
} Words;
#define UNARY(f, p) ((Words){f((p).x), f((p).y)})
#define BINARY(f, p, q) ((Words){f((p).x, (q).x), f((p).y, (q).y)})
#define TERNARY(f, p, q, r) ((Words){f((p).x, (q).x, (r).x), f((p).y, (q).y, (r).y)})
#define SAME(vector) ((Words){vector, vector})
#else
typedef struct {
  VECTOR x;
} Words;
#define UNARY(f, p) ((Words){f((p).x)})
#define BINARY(f, p, q) ((Words){f((p).x, (q).x)})
#define TERNARY(f, p, q, r) ((Words){f((p).x, (q).x, (r).x)})
#define SAME(vector) ((Words){vector})
#endif

INLINE VECTOR v_big_sigma0(VECTOR x) { return v_xor3(v_rotr(x, 2), v_rotr(x, 13), v_rotr(x, 22)); }
INLINE VECTOR v_big_sigma1(VECTOR x) { return v_xor3(v_rotr(x, 6), v_rotr(x, 11), v_rotr(x, 25)); }
INLINE VECTOR v_sigma0(VECTOR x) { return v_xor3(v_rotr(x, 7), v_rotr(x, 18), v_shr(x, 3)); }
INLINE VECTOR v_sigma1(VECTOR x) { return v_xor3(v_rotr(x, 17), v_rotr(x, 19), v_shr(x, 10)); }

INLINE Words add(Words p, Words q) { return BINARY(v_add, p, q); }
INLINE Words big_sigma0(Words p) { return UNARY(v_big_sigma0, p); }
INLINE Words big_sigma1(Words p) { return UNARY(v_big_sigma1, p); }
INLINE Words sigma0(Words p) { return UNARY(v_sigma0, p); }
INLINE Words sigma1(Words p) { return UNARY(v_sigma1, p); }
INLINE Words choose(Words e, Words f, Words g) { return TERNARY(v_choose, e, f, g); }
INLINE Words majority(Words a, Words b, Words c) { return TERNARY(v_majority, a, b, c); }
INLINE Words splat(uint32_t word) { return SAME(v_splat(word)); }

/* ---- SHA-256 on them ---- */

typedef struct {
  Words a, b, c, d, e, f, g, h;
} State;

INLINE Words temporary1(State s, Words scheduled) {
  return add(add(add(s.h, scheduled), choose(s.e, s.f, s.g)), big_sigma1(s.e));
}

/* FIPS 180-4 section 6.2.2 step 3; scheduled is W[t] + K[t]. */
INLINE State next_state(State s, Words scheduled) {
  const Words t1 = temporary1(s, scheduled);
  const Words a = add(add(majority(s.a, s.b, s.c), t1), big_sigma0(s.a));
  return (State){a, s.a, s.b, s.c, add(s.d, t1), s.e, s.f, s.g};
}

/* A round whose new a isn't needed. */
INLINE State next_state_without_a(State s, Words scheduled) {
  return (State){s.a, s.a, s.b, s.c, add(s.d, temporary1(s, scheduled)), s.e, s.f, s.g};
}

/* Word t of the schedule, from w = &W[t]. */
INLINE Words next_word(const Words *w) {
  return add(add(add(w[-16], sigma0(w[-15])), w[-7]), sigma1(w[-2]));
}

INLINE int is_padding(int t) { return 8 <= t && t < 16; }

/* Word t of hash 2's schedule, 16..31, made in part of padding words, most of them zero. The
 * compiler settles the conditions. */
INLINE Words next_word_after_padding(const Words *w, int t) {
  uint32_t known = 0;
  known += is_padding(t - 16) ? DIGEST_PADDING[t - 24] : 0;
  known += is_padding(t - 15) ? sigma0_32(DIGEST_PADDING[t - 23]) : 0;
  known += is_padding(t - 7) ? DIGEST_PADDING[t - 15] : 0;
  known += is_padding(t - 2) ? sigma1_32(DIGEST_PADDING[t - 10]) : 0;
  Words sum = is_padding(t - 16) ? w[-7] : is_padding(t - 7) ? w[-16] : add(w[-16], w[-7]);
  if (!is_padding(t - 15)) sum = add(sum, sigma0(w[-15]));
  if (!is_padding(t - 2)) sum = add(sum, sigma1(w[-2]));
  return known ? add(sum, splat(known)) : sum;
}

/* ---- Memory ---- */

struct version {
  uint32_t midstate[8];
  /* hash 1: the state after round 3 with 0 as the nonce word, which is only added to a and e */
  uint32_t entered[8];
};

struct memory {
  VECTOR scheduled1[64]; /* hash 1: W + K */
  Words words2[64];      /* hash 2: W */
  VECTOR constants[64];  /* K */
  VECTOR lane_numbers;
  uint32_t words1[16];  /* hash 1: W[0..15], W[3] is 0 */
  uint32_t entered2[8]; /* hash 2: the state after round 0 with 0 as W[0] */
  uint32_t mask;
  struct version versions[VERSIONS];
};

/* From a version's words to the next one's. */
#define NEXT_VERSION (sizeof(struct version) / sizeof(uint32_t))

/* The word at `word` in all lanes; for the second of two versions the word `stride` further on. */
INLINE Words known_word(const uint32_t *word, size_t stride) {
#if VERSIONS_AT_ONCE == 2
  return (Words){v_splat(word[0]), v_splat(word[stride])};
#else
  (void)stride;
  return (Words){v_splat(*word)};
#endif
}

INLINE Words of_versions(const uint32_t *word) { return known_word(word, NEXT_VERSION); }

/* The state after the round in which the first unknown word enters. */
INLINE State entered_state(const uint32_t known[8], size_t stride, Words word) {
  return (State){
      add(known_word(&known[0], stride), word), known_word(&known[1], stride),
      known_word(&known[2], stride),            known_word(&known[3], stride),
      add(known_word(&known[4], stride), word), known_word(&known[5], stride),
      known_word(&known[6], stride),            known_word(&known[7], stride),
  };
}

static void load(void *at, const struct prepared_header *header) {
  struct memory *const m = at;
  uint32_t *const w = m->words1;
  for (int t = 0; t < 16; t++) w[t] = t < NONCE_WORD ? header->tail[t] : 0;
  w[4] = 0x80000000;
  w[15] = 640;
  for (int t = 0; t < 16; t++) m->scheduled1[t] = v_splat(w[t] + K[t]);
  for (int t = 0; t < 64; t++) m->constants[t] = v_splat(K[t]);
  for (int t = 8; t < 16; t++) m->words2[t] = splat(DIGEST_PADDING[t - 8]);
  for (int i = 0; i < LANES; i++) ((uint32_t *)&m->lane_numbers)[i] = (uint32_t)i;
  for (int i = 0; i < 8; i++) m->entered2[i] = IV[i];
  round32(m->entered2, K[0]);
  for (int v = 0; v < VERSIONS; v++) {
    struct version *const version = &m->versions[v];
    for (int i = 0; i < 8; i++) {
      version->midstate[i] = version->entered[i] = header->midstates[v][i];
    }
    for (int t = 0; t <= NONCE_WORD; t++) round32(version->entered, w[t] + K[t]);
  }
  m->mask = header->mask;
}

#define EIGHT(step, first)                                                                   \
  step((first) + 0) step((first) + 1) step((first) + 2) step((first) + 3) step((first) + 4) \
      step((first) + 5) step((first) + 6) step((first) + 7)

/* S. Returns the nonce word. */
static VECTOR schedule(struct memory *m, uint32_t nonce) {
  VECTOR w[64];
  for (int t = 0; t < 16; t++) w[t] = v_splat(m->words1[t]);
  /* The header has the nonce in little-endian order, SHA-256 reads big-endian words. */
  w[NONCE_WORD] = v_swap_bytes(v_add(v_splat(nonce), m->lane_numbers));
  for (int t = 16; t < 64; t++) {
    w[t] = v_add(v_add(v_add(w[t - 16], v_sigma0(w[t - 15])), w[t - 7]), v_sigma1(w[t - 2]));
    m->scheduled1[t] = v_add(w[t], m->constants[t]);
  }
  return w[NONCE_WORD];
}

/* A and H. The digest's eight words go to words2. */
INLINE void hash1(struct memory *m, const struct version *version, VECTOR nonce_word) {
  State s = entered_state(version->entered, NEXT_VERSION, SAME(nonce_word));
#define STEP(t) s = next_state(s, SAME(m->scheduled1[t]));
  STEP(4) STEP(5) STEP(6) STEP(7)
  for (int t = 8; t < 64; t += 8) {
    EIGHT(STEP, t)
  }
#undef STEP
  m->words2[0] = add(s.a, of_versions(&version->midstate[0]));
  m->words2[1] = add(s.b, of_versions(&version->midstate[1]));
  m->words2[2] = add(s.c, of_versions(&version->midstate[2]));
  m->words2[3] = add(s.d, of_versions(&version->midstate[3]));
  m->words2[4] = add(s.e, of_versions(&version->midstate[4]));
  m->words2[5] = add(s.f, of_versions(&version->midstate[5]));
  m->words2[6] = add(s.g, of_versions(&version->midstate[6]));
  m->words2[7] = add(s.h, of_versions(&version->midstate[7]));
}

/* B, G and C. Returns the last word of the digest. */
INLINE Words hash2(struct memory *m) {
  Words *const w = m->words2;
  State s = entered_state(m->entered2, 0, w[0]);
#define STEP(t) s = next_state(s, add(w[t], SAME(m->constants[t])));
  STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
#undef STEP
#define STEP(t) s = next_state(s, splat(DIGEST_PADDING[t - 8] + K[t]));
  EIGHT(STEP, 8)
#undef STEP
#define STEP(t)                            \
  w[t] = next_word_after_padding(&w[t], t); \
  s = next_state(s, add(w[t], SAME(m->constants[t])));
  EIGHT(STEP, 16)
  EIGHT(STEP, 24)
#undef STEP
#define STEP(t)           \
  w[t] = next_word(&w[t]); \
  s = next_state(s, add(w[t], SAME(m->constants[t])));
  for (int t = 32; t < 56; t += 8) {
    EIGHT(STEP, t)
  }
  STEP(56)
#undef STEP
#define STEP(t)           \
  w[t] = next_word(&w[t]); \
  s = next_state_without_a(s, add(w[t], SAME(m->constants[t])));
  STEP(57) STEP(58) STEP(59)
#undef STEP
  /* Round 60 settles e; rounds 61..63 only move it to h. */
  return add(add(s.d, temporary1(s, next_word(&w[60]))), splat(K[60] + IV[7]));
}

static uint32_t scan(void *at, uint32_t nonce, uint32_t groups, uint32_t candidates[VERSIONS]) {
  struct memory *const m = at;
  const VECTOR mask = v_splat(m->mask);
  for (uint32_t group = 0; group < groups; group++, nonce += LANES) {
    const VECTOR nonce_word = schedule(m, nonce);
    uint32_t found = 0;
    for (int v = 0; v < VERSIONS; v += VERSIONS_AT_ONCE) {
      hash1(m, &m->versions[v], nonce_word);
      const Words last_word = hash2(m);
      found |= candidates[v] = v_lanes_without(last_word.x, mask);
#if VERSIONS_AT_ONCE == 2
      found |= candidates[v + 1] = v_lanes_without(last_word.y, mask);
#endif
    }
    if (found) return group;
  }
  return groups;
}

const struct variant VARIANT = {VARIANT_NAME, LANES, sizeof(struct memory), load, scan};
