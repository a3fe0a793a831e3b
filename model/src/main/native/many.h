/*
 * Many rows: 256 columns of a panel are made plain codes in the first cache, then all rows pass,
 * some at a time, whose sums stay in registers. The outputs themselves hold the sums in between.
 */
#define TILE_COLUMNS 256
#define TILE_BLOCKS (TILE_COLUMNS / RUN)

struct tile {
  uint8_t codes[TILE_BLOCKS][PANEL_SLICES][RUN_LINES][LANES * 4] __attribute__((aligned(64)));
  float scales[TILE_BLOCKS][PANEL];
  float minimums[TILE_BLOCKS][PANEL];
  int32_t subs[16][PANEL];   /* integer scales of sub-blocks */
  int32_t factors[8][PANEL]; /* see sum_factors */
  int32_t bias;
  int32_t blocks; /* of 32 or 256 columns, that are there */
};

/* What some rows bring to a tile. */
struct tokens {
  const int8_t *codes[TOKENS];
  float scales[TOKENS][TILE_BLOCKS];
  int32_t sums[TOKENS][TILE_BLOCKS]; /* small: times minus the bias; big: see sum_pairs */
  float float_sums[TOKENS][TILE_BLOCKS];
  float *y[TOKENS];
  int from_zero;   /* whether y is to be begun */
  int64_t outputs; /* of the panel and those after it */
};

INLINE void expand_codes(int type, const uint8_t *run, struct tile *tile, int to) {
#pragma GCC unroll 1
  for (int v = 0; v < PANEL_SLICES; v++) {
    const uint8_t *at = run + slice_offset(type, v);
    /* The same of the next tile: it is on its way while rows pass. */
    ask_for(at + TILE_COLUMNS / block_columns(type) * block_bytes(type),
            lines_of(type) * LINE_BYTES);
#pragma GCC unroll 8
    for (int line = 0; line < RUN_LINES; line++) {
      store(tile->codes[to][v][line], codes_of(type, at, line));
    }
  }
}

INLINE void expand(int type, const uint8_t *from, int blocks, struct tile *tile) {
  const int runs = block_columns(type) / RUN;
  tile->bias = bias_of(type);
  tile->blocks = blocks;
#pragma GCC unroll 1
  for (int b = 0; b < blocks; b++) {
    const uint8_t *block = from + b * block_bytes(type);
#pragma GCC unroll 1
    for (int run = 0; run < runs; run++) {
      const uint8_t *lines = block + header_bytes(type) + run * run_bytes(type);
      expand_codes(type, lines, tile, b * runs + run);
    }
#pragma GCC unroll 1
    for (int v = 0; v < PANEL_SLICES; v++) {
      store_floats(tile->scales[b] + v * LANES, scales_of(type, block, v));
      if (has_minimums(type)) {
        store_floats(tile->minimums[b] + v * LANES, minimums_of(block, v));
      }
#pragma GCC unroll 1
      for (int s = 0; s < sub_blocks(type); s++) {
        store(tile->subs[s] + v * LANES, sub_scales(type, block, v, s));
      }
#pragma GCC unroll 8
      for (int i = 0; i < sub_blocks(type) / 2; i++) {
        store(tile->factors[i] + v * LANES, sum_factors(type, block, v, i / 2, i % 2));
      }
    }
  }
}

static void gather_small(const struct product *p, const struct tile *tile, int64_t row, int rows,
                         int64_t block, struct tokens *out) {
  for (int t = 0; t < rows; t++) {
    const int32_t *sums = p->sums + (row + t) * (p->columns / SUM_COLUMNS) + 2 * block;
    const float *scales = p->scales + (row + t) * (p->columns / RUN) + block;
    out->codes[t] = p->codes + (row + t) * p->columns + block * RUN;
    for (int b = 0; b < tile->blocks; b++) {
      int32_t sum = sums[2 * b] + sums[2 * b + 1];
      out->scales[t][b] = scales[b];
      out->sums[t][b] = -tile->bias * sum;
      out->float_sums[t][b] = (float)sum;
    }
  }
}

static void gather_big(int subs, const struct product *p, int64_t row, int rows, int64_t block,
                       struct tokens *out) {
  for (int t = 0; t < rows; t++) {
    int64_t at = (row + t) * p->columns + block * 256;
    out->codes[t] = p->codes + at;
    out->scales[t][0] = p->scales[(row + t) * (p->columns / 256) + block];
    sum_pairs(subs, p->sums + at / SUM_COLUMNS, out->sums[t]);
  }
}

INLINE floats y_before(const struct tokens *x, int t, int at) {
  return x->from_zero ? no_floats() : load_first(x->y[t] + at, x->outputs - at);
}

/* Some slices of some rows; blocks of 32 columns. `bytes`: codes are whole bytes. */
INLINE void many_small(int bytes, int minimums, int rows, const struct tile *tile,
                       const struct tokens *x, int slice) {
  const int column = slice * LANES;
  floats y[SLICES][TOKENS];
#pragma GCC unroll 8
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 2
    for (int v = 0; v < SLICES; v++) {
      y[v][t] = y_before(x, t, column + v * LANES);
    }
  }
#pragma GCC unroll 1
  for (int b = 0; b < tile->blocks; b++) {
    ints part[SLICES][TOKENS];
#pragma GCC unroll 8
    for (int t = 0; t < rows; t++) {
#pragma GCC unroll 2
      for (int v = 0; v < SLICES; v++) {
        part[v][t] = minimums ? none() : all(x->sums[t][b]);
      }
    }
#pragma GCC unroll 8
    for (int line = 0; line < RUN_LINES; line++) {
      ints w[SLICES];
#pragma GCC unroll 2
      for (int v = 0; v < SLICES; v++) {
        w[v] = load(tile->codes[b][slice + v][line]);
      }
#pragma GCC unroll 8
      for (int t = 0; t < rows; t++) {
        ints four = four_codes(x->codes[t] + b * RUN + 4 * line);
#pragma GCC unroll 2
        for (int v = 0; v < SLICES; v++) {
          part[v][t] = dot(part[v][t], w[v], four, bytes);
        }
      }
    }
#pragma GCC unroll 2
    for (int v = 0; v < SLICES; v++) {
      floats scale = load_floats(tile->scales[b] + column + v * LANES);
#pragma GCC unroll 8
      for (int t = 0; t < rows; t++) {
        floats both = scaled(scale, all_floats(x->scales[t][b]));
        y[v][t] = fma_(to_floats(part[v][t]), both, y[v][t]);
      }
      if (minimums) {
        floats minimum = load_floats(tile->minimums[b] + column + v * LANES);
#pragma GCC unroll 8
        for (int t = 0; t < rows; t++) {
          floats both = scaled(minimum, all_floats(x->scales[t][b]));
          y[v][t] = fma_(all_floats(x->float_sums[t][b]), both, y[v][t]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 2
    for (int v = 0; v < SLICES; v++) {
      int at = column + v * LANES;
      store_first(x->y[t] + at, y[v][t], x->outputs - at);
    }
  }
}

/* The same for one block of 256 columns with sub-blocks. */
INLINE void many_big(int subs, int minimums, int rows, const struct tile *tile,
                     const struct tokens *x, int slice) {
  const int sub_lines = 64 / subs;
  const int column = slice * LANES;
  ints total[SLICES][TOKENS];
#pragma GCC unroll 8
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 2
    for (int v = 0; v < SLICES; v++) {
      total[v][t] = none();
    }
  }
#pragma GCC unroll 1
  for (int s = 0; s < subs; s++) {
    int run = s * sub_lines / RUN_LINES;
    int first = s * sub_lines % RUN_LINES;
    ints part[SLICES][TOKENS];
#pragma GCC unroll 8
    for (int t = 0; t < rows; t++) {
#pragma GCC unroll 2
      for (int v = 0; v < SLICES; v++) {
        part[v][t] = none();
      }
    }
#pragma GCC unroll 8
    for (int line = 0; line < sub_lines; line++) {
      ints w[SLICES];
#pragma GCC unroll 2
      for (int v = 0; v < SLICES; v++) {
        w[v] = load(tile->codes[run][slice + v][first + line]);
      }
#pragma GCC unroll 8
      for (int t = 0; t < rows; t++) {
        ints four = four_codes(x->codes[t] + 4 * (s * sub_lines + line));
#pragma GCC unroll 2
        for (int v = 0; v < SLICES; v++) {
          part[v][t] = dot(part[v][t], w[v], four, 0);
        }
      }
    }
#pragma GCC unroll 2
    for (int v = 0; v < SLICES; v++) {
      ints scale = load(tile->subs[s] + column + v * LANES);
#pragma GCC unroll 8
      for (int t = 0; t < rows; t++) {
        total[v][t] = add(total[v][t], times(part[v][t], scale));
      }
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 2
    for (int v = 0; v < SLICES; v++) {
      int at = column + v * LANES;
      ints met = none();
#pragma GCC unroll 1
      for (int i = 0; i < subs / 2; i++) {
        met = dot_pairs(met, load(tile->factors[i] + at), all(x->sums[t][i]));
      }
      floats scale = all_floats(x->scales[t][0]);
      floats both = scaled(load_floats(tile->scales[0] + at), scale);
      ints sum = minimums ? total[v][t] : sub(total[v][t], times(met, all(tile->bias)));
      floats y = fma_(to_floats(sum), both, y_before(x, t, at));
      if (minimums) {
        y = minus_fma(to_floats(met), scaled(load_floats(tile->minimums[0] + at), scale), y);
      }
      store_first(x->y[t] + at, y, x->outputs - at);
    }
  }
}
