/* Vectors of 16 rows, with VNNI. */
#include <immintrin.h>

#define LANES 16
#define SLICES 2 /* slices of rows and */
#define TOKENS 6 /* tokens of a register tile */
#define WIDE_ROWS 6 /* of a register tile of weights of 16 bits */
#define FEW 8    /* rows that are computed straight from the panels */

/* Added to signed bytes to make them the unsigned operand. */
#define BYTE_BIAS 128

typedef __m512i ints;
typedef __m512 floats;

INLINE ints load(const void *from) { return _mm512_loadu_si512(from); }
INLINE void store(void *to, ints v) { _mm512_storeu_si512(to, v); }
INLINE ints all(int32_t v) { return _mm512_set1_epi32(v); }
INLINE ints none(void) { return _mm512_setzero_si512(); }
INLINE ints all_bytes(int v) { return _mm512_set1_epi8((char)v); }
INLINE ints and(ints a, ints b) { return _mm512_and_si512(a, b); }
INLINE ints or(ints a, ints b) { return _mm512_or_si512(a, b); }
INLINE ints add(ints a, ints b) { return _mm512_add_epi32(a, b); }
INLINE ints sub(ints a, ints b) { return _mm512_sub_epi32(a, b); }
INLINE ints times(ints a, ints b) { return _mm512_mullo_epi32(a, b); }
INLINE ints left32(ints a, int n) { return _mm512_slli_epi32(a, n); }
INLINE ints right32(ints a, int n) { return _mm512_srl_epi32(a, _mm_cvtsi32_si128(n)); }
INLINE ints signed_right32(ints a, int n) { return _mm512_srai_epi32(a, n); }
INLINE ints left16(ints a, int n) { return _mm512_slli_epi16(a, n); }
INLINE ints right16(ints a, int n) { return _mm512_srli_epi16(a, n); }
INLINE ints signed_right16(ints a, int n) { return _mm512_srai_epi16(a, n); }

/* Bytes of weights as the dot product takes them. */
INLINE ints byte_codes(ints v) { return _mm512_xor_si512(v, all_bytes(0x80)); }

/* table[v] for each byte of v, 0 to 15. */
INLINE ints look_up(const uint8_t *table, ints v) {
  __m128i t = _mm_loadu_si128((const __m128i *)table);
  return _mm512_shuffle_epi8(_mm512_broadcast_i32x4(t), v);
}

/* Adds to each int the products of its four bytes: unsigned w, signed x. */
INLINE ints dot(ints sum, ints w, ints x, int bytes) {
  (void)bytes;
  return _mm512_dpbusd_epi32(sum, w, x);
}

/* Adds to each int the products of its two shorts. */
INLINE ints dot_pairs(ints sum, ints a, ints b) { return _mm512_dpwssd_epi32(sum, a, b); }

INLINE floats load_floats(const float *from) { return _mm512_loadu_ps(from); }
INLINE void store_floats(float *to, floats v) { _mm512_storeu_ps(to, v); }
INLINE floats all_floats(float v) { return _mm512_set1_ps(v); }
INLINE floats no_floats(void) { return _mm512_setzero_ps(); }
INLINE floats scaled(floats a, floats b) { return _mm512_mul_ps(a, b); }
INLINE floats fma_(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
INLINE floats minus_fma(floats a, floats b, floats c) { return _mm512_fnmadd_ps(a, b, c); }
INLINE floats to_floats(ints v) { return _mm512_cvtepi32_ps(v); }
INLINE floats bits_to_floats(ints v) { return _mm512_castsi512_ps(v); }

INLINE floats halves(const uint8_t *from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from));
}

/* The low half of each int as F16, widened. */
INLINE floats low_halves(ints v) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(v)); }

INLINE ints unsigned_right32(ints a, int n) { return _mm512_srli_epi32(a, n); }

/* Bytes, widened without sign. */
INLINE ints wide_bytes(const uint8_t *from) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)from));
}

/* Where a is below n: x, elsewhere y. */
INLINE ints choose_below(ints a, int n, ints x, ints y) {
  return _mm512_mask_blend_epi32(_mm512_cmplt_epi32_mask(a, all(n)), y, x);
}

/* Shifts each by its own count. */
INLINE ints left_each(ints a, ints n) { return _mm512_sllv_epi32(a, n); }

/* The first n of a vector, others zero; n may be above LANES or below 0. */
INLINE floats load_first(const float *from, int64_t n) {
  if (n >= LANES) {
    return load_floats(from);
  }
  return _mm512_maskz_loadu_ps((__mmask16)(n <= 0 ? 0 : (1u << n) - 1), from);
}

INLINE void store_first(float *to, floats v, int64_t n) {
  if (n >= LANES) {
    store_floats(to, v);
  } else if (n > 0) {
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << n) - 1), v);
  }
}
