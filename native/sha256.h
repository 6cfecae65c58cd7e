/* SHA-256 (FIPS 180-4) on plain words: its constants, and what is computed once per header. */
#ifndef SHA256_H
#define SHA256_H

#include <stdint.h>

#if defined(_MSC_VER)
#define INLINE static __forceinline
#define ALIGNED(bytes) __declspec(align(bytes))
#else
#define INLINE static inline __attribute__((always_inline))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))
#endif

/* Goes before a loop of at most 16 passes that should become straight code. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 16")
#else
#define UNROLL
#endif

/* Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const ALIGNED(64) uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Section 5.3.3: of the square roots of the first 8 primes. */
static const uint32_t IV[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Section 5.1.1: words 8..15 of the block that holds a 32-byte digest. */
static const uint32_t DIGEST_PADDING[8] = {0x80000000, 0, 0, 0, 0, 0, 0, 256};

INLINE uint32_t rotr32(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

/* Section 4.1.2: the small sigmas, of the message schedule. */
INLINE uint32_t sigma0_32(uint32_t x) { return rotr32(x, 7) ^ rotr32(x, 18) ^ x >> 3; }
INLINE uint32_t sigma1_32(uint32_t x) { return rotr32(x, 17) ^ rotr32(x, 19) ^ x >> 10; }

/* A round of section 6.2.2 step 3 on the state a..h; scheduled is W[t] + K[t]. */
INLINE void round32(uint32_t state[8], uint32_t scheduled) {
  const uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  const uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  const uint32_t t1 = h + scheduled + (((f ^ g) & e) ^ g) +
                      (rotr32(e, 6) ^ rotr32(e, 11) ^ rotr32(e, 25));
  const uint32_t t2 = (rotr32(a, 2) ^ rotr32(a, 13) ^ rotr32(a, 22)) + ((a & b) ^ (c & (a ^ b)));
  state[0] = t1 + t2, state[1] = a, state[2] = b, state[3] = c;
  state[4] = d + t1, state[5] = e, state[6] = f, state[7] = g;
}

INLINE uint32_t swap32(uint32_t x) {
  return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

#endif
