/*
 * Products of weights of 16 bits with F32 activations: weights are widened exactly, each output is
 * one sum over ascending columns by fma from +0, a lane is an output. The bits of the Java kernels.
 *
 * A panel is [columns][64 rows] in pair order: of each 32 rows, the low halves of 16 ints are the
 * first 16 and the high halves the others. A part is four vectors: a panel or half of one.
 */
#define PART_VECTORS 4
#define PART (PART_VECTORS * LANES)
#define WIDE_COLUMNS 96 /* that are widened at once where there are many rows: 24 KiB */

typedef float wide_tile[WIDE_COLUMNS][PANEL];

/* One column of a part. */
INLINE void widened(int kind, const uint16_t *column, int part, floats out[PART_VECTORS]) {
#pragma GCC unroll 2
  for (int i = 0; i < 2; i++) {
    const uint16_t *at = column + part * PART + i * 2 * LANES;
    ints two = load(at);
#if LANES == 16
    int low = 2 * i, high = 2 * i + 1; /* 32 rows: 16 low, 16 high */
#else
    int low = i, high = 2 + i; /* 8 of the first 16 rows, 8 of the others */
#endif
    if (kind == BF16) {
      out[low] = bits_to_floats(left32(two, 16));
      out[high] = bits_to_floats(and(two, all((int32_t)0xffff0000)));
    } else {
      out[low] = low_halves(two);
      out[high] = low_halves(unsigned_right32(two, 16));
    }
  }
}

/* Some rows and columns of a part; `panel` is null where the tile holds the weights, widened. */
INLINE void wide_pass(int kind, int rows, const struct wide_product *p, const float (*tile)[PANEL],
                      const uint16_t *panel, int part, int64_t first, int64_t columns, int64_t row,
                      float *y, int64_t outputs) {
  const float *x = p->x + row * p->x_stride + first;
  floats sum[WIDE_ROWS][PART_VECTORS];
  float *to = y + row * p->stride + part * PART;
  int64_t left = outputs - part * PART;
#pragma GCC unroll 6
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 4
    for (int v = 0; v < PART_VECTORS; v++) {
      sum[t][v] = first == 0 ? no_floats()
                             : load_first(to + t * p->stride + v * LANES, left - v * LANES);
    }
  }
#pragma GCC unroll 1
  for (int64_t k = 0; k < columns; k++) {
    floats w[PART_VECTORS];
    if (panel) {
      ask_for((const uint8_t *)(panel + k * PANEL + part * PART) + AHEAD, 2 * PART);
      widened(kind, panel + k * PANEL, part, w);
    } else {
#pragma GCC unroll 4
      for (int v = 0; v < PART_VECTORS; v++) {
        w[v] = load_floats(tile[k] + part * PART + v * LANES);
      }
    }
#pragma GCC unroll 6
    for (int t = 0; t < rows; t++) {
      floats one = all_floats(x[t * p->x_stride + k]);
#pragma GCC unroll 4
      for (int v = 0; v < PART_VECTORS; v++) {
        sum[t][v] = fma_(one, w[v], sum[t][v]);
      }
    }
  }
#pragma GCC unroll 6
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 4
    for (int v = 0; v < PART_VECTORS; v++) {
      store_first(to + t * p->stride + v * LANES, sum[t][v], left - v * LANES);
    }
  }
}

#define WIDE_PASS(rows) \
  wide_pass(kind, rows, p, tile, panel, part, first, columns, row, y, outputs)

INLINE void wide_rows(int kind, int rows, const struct wide_product *p, const float (*tile)[PANEL],
                      const uint16_t *panel, int part, int64_t first, int64_t columns, int64_t row,
                      float *y, int64_t outputs) {
  switch (rows) {
#if WIDE_ROWS > 2
    case 6: WIDE_PASS(6); break;
    case 5: WIDE_PASS(5); break;
    case 4: WIDE_PASS(4); break;
    case 3: WIDE_PASS(3); break;
#endif
    case 2: WIDE_PASS(2); break;
    default: WIDE_PASS(1); break;
  }
}

static __attribute__((noinline)) void wide_tile_rows(
    int rows, const struct wide_product *p, const float (*tile)[PANEL], int part, int64_t first,
    int64_t columns, int64_t row, float *y, int64_t outputs) {
  wide_rows(BF16, rows, p, tile, 0, part, first, columns, row, y, outputs);
}

INLINE void wide_few(int kind, const struct wide_product *p, const uint16_t *panel, float *y,
                     int64_t outputs) {
  for (int part = 0; part * PART < PANEL && part * PART < outputs; part++) {
    wide_rows(kind, (int)p->rows, p, 0, panel, part, 0, p->columns, 0, y, outputs);
  }
}

INLINE void wide_many(int kind, const struct wide_product *p, const uint16_t *panel, float *y,
                      int64_t outputs) {
  wide_tile tile __attribute__((aligned(64)));
  int64_t passes = (p->rows + WIDE_ROWS - 1) / WIDE_ROWS;
#pragma GCC unroll 1
  for (int64_t k = 0; k < p->columns; k += WIDE_COLUMNS) {
    int64_t columns = p->columns - k < WIDE_COLUMNS ? p->columns - k : WIDE_COLUMNS;
#pragma GCC unroll 1
    for (int64_t i = 0; i < columns; i++) {
      const uint16_t *column = panel + (k + i) * PANEL;
      ask_for((const uint8_t *)(column + WIDE_COLUMNS * PANEL), 2 * PANEL);
      for (int part = 0; part * PART < PANEL; part++) {
        floats w[PART_VECTORS];
        widened(kind, column, part, w);
        for (int v = 0; v < PART_VECTORS; v++) {
          store_floats(tile[i] + part * PART + v * LANES, w[v]);
        }
      }
    }
    int64_t row = 0;
#pragma GCC unroll 1
    for (int64_t i = 0; i < passes; i++) {
      int rows = (int)((p->rows - row + passes - i - 1) / (passes - i));
      for (int part = 0; part * PART < PANEL && part * PART < outputs; part++) {
        wide_tile_rows(rows, p, (const float(*)[PANEL])tile, part, k, columns, row, y, outputs);
      }
      row += rows;
    }
  }
}

INLINE void wide_of(int kind, const struct wide_product *p) {
#pragma GCC unroll 1
  for (int64_t at = 0; at < p->outputs; at += PANEL) {
    const uint16_t *panel = p->panels + at * p->columns;
    if (p->rows <= WIDE_ROWS) {
      wide_few(kind, p, panel, p->y + at, p->outputs - at);
    } else {
      wide_many(kind, p, panel, p->y + at, p->outputs - at);
    }
  }
}

static __attribute__((noinline)) void wide_bf16(const struct wide_product *p) { wide_of(BF16, p); }
static __attribute__((noinline)) void wide_f16(const struct wide_product *p) { wide_of(F16, p); }

void WIDE_FORM(int kind, const struct wide_product *p) {
  if (kind == BF16) {
    wide_bf16(p);
  } else {
    wide_f16(p);
  }
}
