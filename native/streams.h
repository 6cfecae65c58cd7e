/*
 * The scan loop for CPUs with instructions for SHA-256. These work on one hash at a time and have a
 * long latency, so several hashes, the streams, keep them busy. The file that includes it defines
 *
 *   VARIANT, VARIANT_NAME  identifier of the variant it makes, and its name
 *   QUAD, q_*              four words of the message schedule, W[t..t+3], and operations on them
 *   State, state_of, digest_of, add_states    the state a..h in the order the instructions need
 *   KNOWN_ROUNDS           rounds of hash 1 that load does and the instructions leave out: 0 or 2
 *   first_rounds           rounds KNOWN_ROUNDS..3
 *   lower_rounds, upper_rounds    rounds t..t+3, in two halves
 *   last_digest_word       rounds 60..61 or 60..63, and the digest's last word
 *
 * All streams have the same nonce and differ in rolled version bits, so they share hash 1's schedule:
 *
 *      for each nonce
 *        S   hash 1's schedule, W + K, to memory
 *        for every STREAMS versions
 *          hash 1   reads S
 *          hash 2   makes its schedule, four words at a time, in a ring of 16:
 *
 *                   | W[t-16..-13] | W[t-12..-9] | W[t-8..-5] | W[t-4..-1] |
 *                          |  sigma0 -->|              |  |       |  sigma1
 *                          +------------+--------------+--+-------+----> W[t..t+3]
 */
#include "scanner.h"
#include "sha256.h"

/* Versions hashed at once. */
#define STREAMS 4

struct version {
  State midstate;
  /* after round KNOWN_ROUNDS - 1 of hash 1 */
  State entered;
};

struct memory {
  QUAD scheduled1[16]; /* hash 1: W + K */
  QUAD words1[4];      /* hash 1: W[0..15], W[3] is 0 */
  QUAD constants[16];  /* K */
  State initial2;
  struct version versions[VERSIONS];
  uint32_t mask;
};

static void load(void *at, const struct prepared_header *header) {
  struct memory *const m = at;
  uint32_t w[16] = {0};
  for (int t = 0; t < NONCE_WORD; t++) w[t] = header->tail[t];
  w[NONCE_WORD + 1] = 0x80000000;
  w[15] = 640;
  for (int i = 0; i < 4; i++) m->words1[i] = q_load(&w[4 * i]);
  for (int i = 0; i < 16; i++) m->constants[i] = q_load(&K[4 * i]);
  m->initial2 = state_of(IV);
  for (int v = 0; v < VERSIONS; v++) {
    uint32_t state[8];
    for (int i = 0; i < 8; i++) state[i] = header->midstates[v][i];
    m->versions[v].midstate = state_of(state);
    for (int t = 0; t < KNOWN_ROUNDS; t++) round32(state, w[t] + K[t]);
    m->versions[v].entered = state_of(state);
  }
  m->mask = header->mask;
}

/* S */
static void schedule(struct memory *m, uint32_t nonce) {
  QUAD w[16];
  for (int i = 0; i < 4; i++) w[i] = m->words1[i];
  /* The header has the nonce in little-endian order, SHA-256 reads big-endian words. */
  w[0] = q_with_word3(w[0], swap32(nonce));
  UNROLL for (int i = 4; i < 16; i++) w[i] = q_next(w[i - 4], w[i - 3], w[i - 2], w[i - 1]);
  for (int i = 0; i < 16; i++) m->scheduled1[i] = q_add(w[i], m->constants[i]);
}


/* The statement for every stream s. s is a constant, so that arrays indexed by s are registers. */
#define FOR_STREAM(number, ...) \
  {                             \
    enum { s = number };        \
    __VA_ARGS__;                \
  }
#define EACH_STREAM(...)                                \
  FOR_STREAM(0, __VA_ARGS__) FOR_STREAM(1, __VA_ARGS__) \
  FOR_STREAM(2, __VA_ARGS__) FOR_STREAM(3, __VA_ARGS__)

/* Bit s is set where version s has none of the mask's bits in its last digest word. */
INLINE uint32_t candidates_of(const struct memory *m, const struct version *versions) {
  State state[STREAMS];
  QUAD scheduled[STREAMS], w[16][STREAMS];

  EACH_STREAM(state[s] = first_rounds(versions[s].entered, m->scheduled1[0]))
  UNROLL for (int i = 1; i < 16; i++) {
    EACH_STREAM(lower_rounds(&state[s], m->scheduled1[i]))
    EACH_STREAM(upper_rounds(&state[s], m->scheduled1[i]))
  }

  EACH_STREAM(digest_of(add_states(state[s], versions[s].midstate), &w[0][s], &w[1][s]);
              w[2][s] = q_load(&DIGEST_PADDING[0]);
              w[3][s] = q_load(&DIGEST_PADDING[4]);
              state[s] = m->initial2)
  UNROLL for (int i = 0; i < 15; i++) {
    if (i >= 4) {
      EACH_STREAM(w[i][s] = q_next(w[i - 4][s], w[i - 3][s], w[i - 2][s], w[i - 1][s]))
    }
    EACH_STREAM(scheduled[s] = q_add(w[i][s], m->constants[i]))
    EACH_STREAM(lower_rounds(&state[s], scheduled[s]))
    EACH_STREAM(upper_rounds(&state[s], scheduled[s]))
  }
  uint32_t candidates = 0;
  EACH_STREAM(const QUAD words = q_next(w[11][s], w[12][s], w[13][s], w[14][s]);
              const uint32_t last = last_digest_word(state[s], q_add(words, m->constants[15]));
              candidates |= (uint32_t)((last & m->mask) == 0) << s)
  return candidates;
}

static uint32_t scan(void *at, uint32_t nonce, uint32_t groups, uint32_t candidates[VERSIONS]) {
  struct memory *const m = at;
  for (uint32_t group = 0; group < groups; group++) {
    schedule(m, nonce + group);
    uint32_t found = 0;
    for (int v = 0; v < VERSIONS; v += STREAMS) {
      const uint32_t streams = candidates_of(m, &m->versions[v]);
      EACH_STREAM(candidates[v + s] = streams >> s & 1)
      found |= streams;
    }
    if (found) return group;
  }
  return groups;
}

const struct variant VARIANT = {VARIANT_NAME, 1, sizeof(struct memory), load, scan};
