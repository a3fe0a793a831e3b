/* Rows pass a tile: a function for each kind of tile, with a branch for each number of rows. */

typedef void passing(int rows, const struct tile *tile, const struct tokens *x);

#define SLICES_OF(call)                                                              \
  _Pragma("GCC unroll 1") for (int slice = 0; slice < PANEL_SLICES; slice += SLICES) { \
    if (slice * LANES < x->outputs) {                                                \
      call;                                                                          \
    }                                                                                \
  }                                                                                  \
  break

#if TOKENS == 6
#define ROWS_ABOVE_3(many, a, b)                             \
  case 6: SLICES_OF(many(a, b, 6, tile, x, slice));          \
  case 5: SLICES_OF(many(a, b, 5, tile, x, slice));          \
  case 4: SLICES_OF(many(a, b, 4, tile, x, slice));
#elif TOKENS == 4
#define ROWS_ABOVE_3(many, a, b) case 4: SLICES_OF(many(a, b, 4, tile, x, slice));
#else
#define ROWS_ABOVE_3(many, a, b)
#endif

#define PASSING(name, many, a, b)                                                       \
  static __attribute__((noinline)) void name(int rows, const struct tile *tile,         \
                                             const struct tokens *x) {                  \
    switch (rows) {                                                                     \
      ROWS_ABOVE_3(many, a, b)                                                          \
      case 3: SLICES_OF(many(a, b, 3, tile, x, slice));                                 \
      case 2: SLICES_OF(many(a, b, 2, tile, x, slice));                                 \
      default: SLICES_OF(many(a, b, 1, tile, x, slice));                                \
    }                                                                                   \
  }

PASSING(pass_codes, many_small, 0, 0)
PASSING(pass_minimums, many_small, 0, 1)
#if BYTE_BIAS == 0
PASSING(pass_bytes, many_small, 1, 0)
#else
#define pass_bytes pass_codes
#endif
PASSING(pass_16_subs, many_big, 16, 0)
PASSING(pass_16_subs_minimums, many_big, 16, 1)
PASSING(pass_8_subs_minimums, many_big, 8, 1)

INLINE passing *passing_of(int type) {
  switch (type) {
    case Q8_0: return pass_bytes;
    case Q4_1: case Q5_1: return pass_minimums;
    case Q2_K: return pass_16_subs_minimums;
    case Q3_K: case Q6_K: return pass_16_subs;
    case Q4_K: case Q5_K: return pass_8_subs_minimums;
    default: return pass_codes;
  }
}

/* Rows in nearly equal parts of at most TOKENS, over one tile. */
static void pass_rows(passing *pass, int subs, const struct product *p, const struct tile *tile,
                      int64_t block, int64_t outputs, float *y) {
  int64_t passes = (p->rows + TOKENS - 1) / TOKENS;
  int64_t row = 0;
  struct tokens x;
  x.from_zero = block == 0;
  x.outputs = outputs;
  for (int64_t i = 0; i < passes; i++) {
    int rows = (int)((p->rows - row + passes - i - 1) / (passes - i));
    for (int t = 0; t < rows; t++) {
      x.y[t] = y + (row + t) * p->stride;
    }
    if (subs > 0) {
      gather_big(subs, p, row, rows, block, &x);
    } else {
      gather_small(p, tile, row, rows, block, &x);
    }
    pass(rows, tile, &x);
    row += rows;
  }
}
