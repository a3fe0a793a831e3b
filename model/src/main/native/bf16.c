/*
 * Products of BF16 weights with the instruction for them (AVX512-BF16), as an option: activations
 * are rounded to BF16 too, subnormals count as zero, and each step adds two products. The result
 * depends on the row alone, not on how many rows there are: pairs of columns ascend, from +0.
 *
 * A panel is [columns][64 rows] in pair order: of each 32 rows, the low halves of 16 ints are the
 * first 16 and the high halves the others. The instruction takes pairs of columns of a row.
 */
#include "bf16.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))
#define PANEL 64
#define SLICES 4 /* of 16 rows: a panel */
#define TOKENS 6
#define TILE_PAIRS 96 /* pairs of columns that are put in order at once: 24 KiB */
#define AHEAD 4096

typedef __m512i tile[TILE_PAIRS][SLICES];

/* Two columns of a panel as pairs, for 64 rows; the second may be missing. */
INLINE void pairs_of(const uint16_t *columns, int two, __m512i out[SLICES]) {
  const __mmask32 high = 0xaaaaaaaa;
  __builtin_prefetch((const char *)columns + AHEAD, 0, 3);
  __builtin_prefetch((const char *)columns + AHEAD + 64, 0, 3);
  __builtin_prefetch((const char *)columns + AHEAD + 128, 0, 3);
  __builtin_prefetch((const char *)columns + AHEAD + 192, 0, 3);
#pragma GCC unroll 2
  for (int half = 0; half < 2; half++) {
    __m512i a = _mm512_loadu_si512(columns + 32 * half);
    __m512i b = two ? _mm512_loadu_si512(columns + PANEL + 32 * half) : _mm512_setzero_si512();
    out[2 * half] = _mm512_mask_blend_epi16(high, a, _mm512_slli_epi32(b, 16));
    out[2 * half + 1] = _mm512_mask_blend_epi16(high, _mm512_srli_epi32(a, 16), b);
  }
}

/* Activations of some columns as BF16, rounded to nearest even; an odd last one meets a zero. */
static void rounded(const float *x, int64_t columns, uint32_t *out) {
  int64_t i = 0;
  for (; i + 32 <= columns; i += 32) {
    __m512bh v = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(x + i));
    _mm512_storeu_si512(out + i / 2, (__m512i)v);
  }
  for (; i < columns; i += 16) {
    int64_t left = columns - i;
    __mmask16 some = (__mmask16)(left >= 16 ? 0xffff : (1u << left) - 1);
    __m256bh v = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, x + i));
    _mm256_mask_storeu_epi32(out + i / 2, (__mmask8)((1u << (left >= 16 ? 8 : (left + 1) / 2)) - 1),
                             (__m256i)v);
  }
}

INLINE void begin(const struct bf16_product *p, int rows, int64_t row, float *y, int64_t outputs,
                  int from_zero, __m512 sum[TOKENS][SLICES]) {
#pragma GCC unroll 6
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 4
    for (int v = 0; v < SLICES; v++) {
      int64_t left = outputs - 16 * v;
      __mmask16 some = (__mmask16)(left >= 16 ? 0xffff : left <= 0 ? 0 : (1u << left) - 1);
      sum[t][v] = from_zero ? _mm512_setzero_ps()
                            : _mm512_maskz_loadu_ps(some, y + (row + t) * p->stride + 16 * v);
    }
  }
}

INLINE void finish(const struct bf16_product *p, int rows, int64_t row, float *y, int64_t outputs,
                   __m512 sum[TOKENS][SLICES]) {
#pragma GCC unroll 6
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 4
    for (int v = 0; v < SLICES; v++) {
      int64_t left = outputs - 16 * v;
      __mmask16 some = (__mmask16)(left >= 16 ? 0xffff : left <= 0 ? 0 : (1u << left) - 1);
      _mm512_mask_storeu_ps(y + (row + t) * p->stride + 16 * v, some, sum[t][v]);
    }
  }
}

/* Some rows and pairs of columns; `panel` is null where the tile holds the weights in order. */
INLINE void pass(const struct bf16_product *p, int rows, const __m512i (*tile)[SLICES],
                 const uint16_t *panel, int64_t first, int64_t columns, int64_t row, float *y,
                 int64_t outputs) {
  const int64_t stride = (p->columns + 1) / 2;
  const uint32_t *x = p->rounded + row * stride + first / 2;
  __m512 sum[TOKENS][SLICES];
  begin(p, rows, row, y, outputs, first == 0, sum);
#pragma GCC unroll 1
  for (int64_t i = 0; i < (columns + 1) / 2; i++) {
    __m512i w[SLICES];
    if (panel) {
      pairs_of(panel + 2 * i * PANEL, 2 * i + 1 < columns, w);
    } else {
#pragma GCC unroll 4
      for (int v = 0; v < SLICES; v++) {
        w[v] = tile[i][v];
      }
    }
#pragma GCC unroll 6
    for (int t = 0; t < rows; t++) {
      __m512bh two = (__m512bh)_mm512_set1_epi32((int32_t)x[t * stride + i]);
#pragma GCC unroll 4
      for (int v = 0; v < SLICES; v++) {
        sum[t][v] = _mm512_dpbf16_ps(sum[t][v], (__m512bh)w[v], two);
      }
    }
  }
  finish(p, rows, row, y, outputs, sum);
}

#define PASSING(name, panel)                                                                    \
  static void name(const struct bf16_product *p, int rows, const __m512i (*tile)[SLICES],       \
                   const uint16_t *from, int64_t first, int64_t columns, int64_t row, float *y, \
                   int64_t outputs) {                                                           \
    (void)tile, (void)from;                                                                     \
    switch (rows) {                                                                             \
      case 6: pass(p, 6, tile, panel, first, columns, row, y, outputs); break;                  \
      case 5: pass(p, 5, tile, panel, first, columns, row, y, outputs); break;                  \
      case 4: pass(p, 4, tile, panel, first, columns, row, y, outputs); break;                  \
      case 3: pass(p, 3, tile, panel, first, columns, row, y, outputs); break;                  \
      case 2: pass(p, 2, tile, panel, first, columns, row, y, outputs); break;                  \
      default: pass(p, 1, tile, panel, first, columns, row, y, outputs); break;                 \
    }                                                                                           \
  }

PASSING(pass_in_order, (const uint16_t *)0)
PASSING(pass_panel, from)

void switchboard_bf16_avx512(const struct bf16_product *p) {
  tile tile;
  int64_t passes = (p->rows + TOKENS - 1) / TOKENS;
  for (int64_t row = 0; row < p->rows; row++) {
    rounded(p->x + row * p->x_stride, p->columns, p->rounded + row * ((p->columns + 1) / 2));
  }
  for (int64_t at = 0; at < p->outputs; at += PANEL) {
    const uint16_t *panel = p->panels + at * p->columns;
    int64_t outputs = p->outputs - at;
    for (int64_t k = 0; k < p->columns; k += passes > 1 ? 2 * TILE_PAIRS : p->columns) {
      int64_t left = p->columns - k;
      int64_t columns = passes > 1 && left > 2 * TILE_PAIRS ? 2 * TILE_PAIRS : left;
      const uint16_t *from = panel + k * PANEL;
      for (int64_t i = 0; passes > 1 && i < (columns + 1) / 2; i++) {
        pairs_of(from + 2 * i * PANEL, 2 * i + 1 < columns, tile[i]);
      }
      int64_t row = 0;
      for (int64_t i = 0; i < passes; i++) {
        int rows = (int)((p->rows - row + passes - i - 1) / (passes - i));
        if (passes > 1) {
          pass_in_order(p, rows, tile, from, k, columns, row, p->y + at, outputs);
        } else {
          pass_panel(p, rows, tile, from, k, columns, row, p->y + at, outputs);
        }
        row += rows;
      }
    }
  }
}
