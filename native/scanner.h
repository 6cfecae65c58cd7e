/* The interface between the addon and its hash loops, one for each instruction set. */
#ifndef SCANNER_H
#define SCANNER_H

#include <stddef.h>
#include <stdint.h>

/* Rolled versions hashed for every nonce: they share the message schedule of hash 1. */
#define VERSIONS 16

/* The nonce's place in the header's second block, after three words that are bound per header. */
#define NONCE_WORD 3

/* What the host computes once per header and target (PreparedHeader in
 * src/mining/kernels/prepared-header.ts); words as SHA-256 reads them. */
struct prepared_header {
  /* the hash value after the header's first block, by version bits */
  uint32_t midstates[VERSIONS][8];
  uint32_t tail[NONCE_WORD];
  /* bits that are 0 in the last digest word of any hash that is at most the target */
  uint32_t mask;
};

#define PREPARED_HEADER_WORDS (sizeof(struct prepared_header) / sizeof(uint32_t))

/* One hash loop. */
struct variant {
  const char *name;
  /* nonces hashed side by side, at most 32 */
  uint32_t lanes;
  /* bytes of memory that load and scan work in, aligned to 64 */
  size_t memory_size;
  void (*load)(void *memory, const struct prepared_header *header);
  /* Hashes groups of `lanes` nonces from `nonce` on (modulo 2^32) and returns how many it passed
   * before one with a candidate, or `groups` if there was none. For a candidate's group,
   * candidates[version] has bit i set if nonce + i passed the mask. */
  uint32_t (*scan)(void *memory, uint32_t nonce, uint32_t groups, uint32_t candidates[VERSIONS]);
};

#if defined(__x86_64__) || defined(_M_X64)
extern const struct variant avx512_variant, avx2_variant, sha_ni_variant;
#elif defined(__aarch64__) || defined(_M_ARM64)
extern const struct variant armv8_variant;
#endif

/* Lists the variants this CPU and its operating system can run, at most MAX_VARIANTS, with the one
 * expected to be best first. Returns how many. */
#define MAX_VARIANTS 3
size_t supported_variants(const struct variant *variants[MAX_VARIANTS]);

#endif
