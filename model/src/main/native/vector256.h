/* Vectors of 8 rows; VNNI where the including file says so. */
#include <immintrin.h>

#define LANES 8
#define WIDE_ROWS 2
#define FEW 4 /* rows that are computed straight from the panels */

typedef __m256i ints;
typedef __m256 floats;

INLINE ints load(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }
INLINE void store(void *to, ints v) { _mm256_storeu_si256((__m256i *)to, v); }
INLINE ints all(int32_t v) { return _mm256_set1_epi32(v); }
INLINE ints none(void) { return _mm256_setzero_si256(); }
INLINE ints all_bytes(int v) { return _mm256_set1_epi8((char)v); }
INLINE ints and(ints a, ints b) { return _mm256_and_si256(a, b); }
INLINE ints or(ints a, ints b) { return _mm256_or_si256(a, b); }
INLINE ints add(ints a, ints b) { return _mm256_add_epi32(a, b); }
INLINE ints sub(ints a, ints b) { return _mm256_sub_epi32(a, b); }
INLINE ints times(ints a, ints b) { return _mm256_mullo_epi32(a, b); }
INLINE ints left32(ints a, int n) { return _mm256_slli_epi32(a, n); }
INLINE ints right32(ints a, int n) { return _mm256_srl_epi32(a, _mm_cvtsi32_si128(n)); }
INLINE ints signed_right32(ints a, int n) { return _mm256_srai_epi32(a, n); }
INLINE ints left16(ints a, int n) { return _mm256_slli_epi16(a, n); }
INLINE ints right16(ints a, int n) { return _mm256_srli_epi16(a, n); }
INLINE ints signed_right16(ints a, int n) { return _mm256_srai_epi16(a, n); }

INLINE ints look_up(const uint8_t *table, ints v) {
  __m128i t = _mm_loadu_si128((const __m128i *)table);
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(t), v);
}

#ifdef WITH_VNNI
#define SLICES 2
#define TOKENS 3
#define BYTE_BIAS 128

INLINE ints byte_codes(ints v) { return _mm256_xor_si256(v, all_bytes(0x80)); }

INLINE ints dot(ints sum, ints w, ints x, int bytes) {
  (void)bytes;
  return _mm256_dpbusd_avx_epi32(sum, w, x);
}

INLINE ints dot_pairs(ints sum, ints a, ints b) { return _mm256_dpwssd_avx_epi32(sum, a, b); }
#else
#define SLICES 1
#define TOKENS 4
#define BYTE_BIAS 0

INLINE ints byte_codes(ints v) { return v; }

/*
 * vpmaddubsw saturates sums of two products at 32767. Codes below 64 stay under it. Whole bytes,
 * which are signed, go as magnitudes with their signs given to the activations: at most
 * 2 * 128 * 127 = 32512.
 */
INLINE ints dot(ints sum, ints w, ints x, int bytes) {
  ints two = bytes ? _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w))
                   : _mm256_maddubs_epi16(w, x);
  return _mm256_add_epi32(sum, _mm256_madd_epi16(two, _mm256_set1_epi16(1)));
}

INLINE ints dot_pairs(ints sum, ints a, ints b) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}
#endif

INLINE floats load_floats(const float *from) { return _mm256_loadu_ps(from); }
INLINE void store_floats(float *to, floats v) { _mm256_storeu_ps(to, v); }
INLINE floats all_floats(float v) { return _mm256_set1_ps(v); }
INLINE floats no_floats(void) { return _mm256_setzero_ps(); }
INLINE floats scaled(floats a, floats b) { return _mm256_mul_ps(a, b); }
INLINE floats fma_(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }
INLINE floats minus_fma(floats a, floats b, floats c) { return _mm256_fnmadd_ps(a, b, c); }
INLINE floats to_floats(ints v) { return _mm256_cvtepi32_ps(v); }
INLINE floats bits_to_floats(ints v) { return _mm256_castsi256_ps(v); }

INLINE floats halves(const uint8_t *from) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from));
}

INLINE floats low_halves(ints v) {
  const __m256i low = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1,
                                       0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
  __m256i quarters = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(v, low), 0x08);
  return _mm256_cvtph_ps(_mm256_castsi256_si128(quarters));
}

INLINE ints unsigned_right32(ints a, int n) { return _mm256_srli_epi32(a, n); }

INLINE ints wide_bytes(const uint8_t *from) {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)from));
}

INLINE ints choose_below(ints a, int n, ints x, ints y) {
  return _mm256_blendv_epi8(y, x, _mm256_cmpgt_epi32(all(n), a));
}

INLINE ints left_each(ints a, ints n) { return _mm256_sllv_epi32(a, n); }

INLINE ints first_lanes(int64_t n) {
  int32_t count = n <= 0 ? 0 : (int32_t)n;
  return _mm256_cmpgt_epi32(all(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

INLINE floats load_first(const float *from, int64_t n) {
  return n >= LANES ? load_floats(from) : _mm256_maskload_ps(from, first_lanes(n));
}

INLINE void store_first(float *to, floats v, int64_t n) {
  if (n >= LANES) {
    store_floats(to, v);
  } else if (n > 0) {
    _mm256_maskstore_ps(to, first_lanes(n), v);
  }
}
