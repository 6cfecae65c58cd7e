/*
 * Checks every variant that this CPU can run against a plain SHA-256. Needs no Node, so it can also
 * check a cross-build in an emulator. Prints what it checked; exits with 1 when a variant is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner.h"
#include "sha256.h"

#define GROUPS 64

static uint32_t random_word(void) {
  static uint32_t state = 1; /* xorshift32 */
  state ^= state << 13;
  state ^= state >> 17;
  return state ^= state << 5;
}

static void compress(uint32_t hash[8], const uint32_t block[16]) {
  uint32_t w[64], state[8];
  memcpy(w, block, 16 * sizeof *w);
  memcpy(state, hash, sizeof state);
  for (int t = 16; t < 64; t++) {
    w[t] = w[t - 16] + sigma0_32(w[t - 15]) + w[t - 7] + sigma1_32(w[t - 2]);
  }
  for (int t = 0; t < 64; t++) round32(state, w[t] + K[t]);
  for (int i = 0; i < 8; i++) hash[i] += state[i];
}

static uint32_t last_word(const struct prepared_header *header, int version, uint32_t nonce) {
  uint32_t block1[16] = {header->tail[0], header->tail[1], header->tail[2], swap32(nonce),
                         0x80000000};
  uint32_t block2[16], hash[8];
  block1[15] = 640;
  memcpy(block2, header->midstates[version], sizeof hash);
  compress(block2, block1);
  memcpy(&block2[8], DIGEST_PADDING, sizeof DIGEST_PADDING);
  memcpy(hash, IV, sizeof hash);
  compress(hash, block2);
  return hash[7];
}

/* How many of a group's nonces and versions the variant judges wrongly. */
static uint32_t faults_in(const struct variant *variant, void *memory,
                          const struct prepared_header *header, uint32_t nonce) {
  uint32_t candidates[VERSIONS], faults = 0;
  const uint32_t passed = variant->scan(memory, nonce, 1, candidates);
  for (int v = 0; v < VERSIONS; v++) {
    for (uint32_t lane = 0; lane < variant->lanes; lane++) {
      const uint32_t expected = (last_word(header, v, nonce + lane) & header->mask) == 0;
      const uint32_t got = passed == 0 && candidates[v] >> lane & 1;
      faults += got != expected;
    }
  }
  return faults;
}

/* Whether a scan of several groups fails to stop at the first one with a candidate. */
static uint32_t stops_wrongly(const struct variant *variant, void *memory, uint32_t nonce) {
  uint32_t candidates[VERSIONS], passed = 0;
  while (passed < GROUPS && variant->scan(memory, nonce + passed * variant->lanes, 1, candidates)) {
    passed++;
  }
  return variant->scan(memory, nonce, GROUPS, candidates) != passed;
}

int main(void) {
  const struct variant *variants[MAX_VARIANTS];
  const size_t count = supported_variants(variants);
  int failed = 0;
  for (size_t i = 0; i < count; i++) {
    char *const allocated = malloc(variants[i]->memory_size + 63);
    void *const memory = allocated + (64 - (uintptr_t)allocated % 64) % 64;
    uint32_t faults = 0;
    for (int round = 0; round < 32; round++) {
      uint32_t words[PREPARED_HEADER_WORDS];
      struct prepared_header header;
      for (size_t w = 0; w < PREPARED_HEADER_WORDS; w++) words[w] = random_word();
      memcpy(&header, words, sizeof header);
      header.mask = round % 2 ? 0x000000e0 : 0x0000ffff; /* one in 8, one in 65,536 */
      variants[i]->load(memory, &header);
      const uint32_t nonce = round == 0 ? UINT32_MAX - 5 : random_word();
      for (uint32_t group = 0; group < GROUPS; group++) {
        faults += faults_in(variants[i], memory, &header, nonce + group * variants[i]->lanes);
      }
      faults += stops_wrongly(variants[i], memory, nonce);
    }
    printf("%s %s\n", variants[i]->name, faults ? "WRONG" : "ok");
    failed |= faults != 0;
    free(allocated);
  }
  return failed;
}
