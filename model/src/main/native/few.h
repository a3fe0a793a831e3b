/*
 * A few rows: every line of the panels is read once, in order, and meets all rows while it is in a
 * register. With one row this is as fast as the memory; nothing else matters then. Sums are kept in
 * the first cache.
 */

/* How far ahead of their use lines are asked for. */
#define AHEAD 4096

INLINE ints four_codes(const int8_t *codes) {
  int32_t word;
  __builtin_memcpy(&word, codes, 4);
  return all(word);
}

INLINE void ask_for(const uint8_t *from, int bytes) {
#pragma GCC unroll 8
  for (int i = 0; i < bytes; i += LINE_BYTES) {
    __builtin_prefetch(from + i, 0, 3);
  }
}

INLINE void put_outputs(const struct product *p, int rows, float sums[][PANEL], int64_t outputs,
                        float *y) {
#pragma GCC unroll 1
  for (int t = 0; t < rows; t++) {
#pragma GCC unroll 1
    for (int v = 0; v < PANEL_SLICES; v++) {
      int at = v * LANES;
      store_first(y + t * p->stride + at, load_floats(sums[t] + at), outputs - at);
    }
  }
}

/* One panel, blocks of 32 columns. */
INLINE void few_small(int type, int rows, const struct product *p, const uint8_t *panel,
                      int64_t outputs, float *y) {
  const int64_t blocks = p->columns / RUN;
  float sums[FEW][PANEL] __attribute__((aligned(64)));
  __builtin_memset(sums, 0, sizeof sums[0] * rows);
#pragma GCC unroll 1
  for (int64_t b = 0; b < blocks; b++) {
    const uint8_t *block = panel + b * block_bytes(type);
    const int8_t *x = p->codes + b * RUN;
    int32_t sum[FEW];
    floats scale[FEW];
    ask_for(block + AHEAD, header_bytes(type));
    for (int t = 0; t < rows; t++) {
      const int32_t *s = p->sums + t * (p->columns / SUM_COLUMNS) + 2 * b;
      sum[t] = s[0] + s[1];
      scale[t] = all_floats(p->scales[t * blocks + b]);
    }
#pragma GCC unroll 1
    for (int v = 0; v < PANEL_SLICES; v++) {
      const uint8_t *at = block + header_bytes(type) + slice_offset(type, v);
      ints part[FEW];
      ask_for(at + AHEAD, lines_of(type) * LINE_BYTES);
      for (int t = 0; t < rows; t++) {
        part[t] = bias_of(type) ? all(-bias_of(type) * sum[t]) : none();
      }
#pragma GCC unroll 8
      for (int line = 0; line < RUN_LINES; line++) {
        ints w = codes_of(type, at, line);
#pragma GCC unroll 8
        for (int t = 0; t < rows; t++) {
          ints four = four_codes(x + t * p->columns + 4 * line);
          part[t] = dot(part[t], w, four, type == Q8_0);
        }
      }
      floats weight = scales_of(type, block, v);
#pragma GCC unroll 8
      for (int t = 0; t < rows; t++) {
        float *to = sums[t] + v * LANES;
        floats after = fma_(to_floats(part[t]), scaled(weight, scale[t]), load_floats(to));
        if (has_minimums(type)) {
          floats both = scaled(minimums_of(block, v), scale[t]);
          after = fma_(all_floats((float)sum[t]), both, after);
        }
        store_floats(to, after);
      }
    }
  }
  put_outputs(p, rows, sums, outputs, y);
}

/* Sums of a row's sub-blocks as shorts: of each four 0 and 2, then 1 and 3; for a block of 256. */
INLINE void sum_pairs(int subs, const int32_t *sums, int32_t *out) {
  for (int four = 0; four < subs / 4; four++) {
    int32_t s[4];
    for (int i = 0; i < 4; i++) {
      int at = 4 * four + i;
      s[i] = subs == 8 ? sums[2 * at] + sums[2 * at + 1] : sums[at];
    }
    out[2 * four] = (s[0] & 0xffff) | (int32_t)((uint32_t)s[2] << 16);
    out[2 * four + 1] = (s[1] & 0xffff) | (int32_t)((uint32_t)s[3] << 16);
  }
}

/* The sums of sub-blocks times what they meet: of one slice. */
INLINE ints met_sums(int type, const uint8_t *block, int slice, const int32_t *pairs) {
  ints met = none();
#pragma GCC unroll 8
  for (int i = 0; i < sub_blocks(type) / 2; i++) {
    met = dot_pairs(met, sum_factors(type, block, slice, i / 2, i % 2), all(pairs[i]));
  }
  return met;
}

/* One slice of a block of 256 columns: its exact integers, without the bias. */
INLINE void slice_totals(int type, int rows, const uint8_t *block, int slice, const int8_t *x,
                         int64_t columns, ints *total) {
  const int sub_lines = 64 / sub_blocks(type);
  for (int t = 0; t < rows; t++) {
    total[t] = none();
  }
#pragma GCC unroll 1
  for (int run = 0; run < 8; run++) {
    const uint8_t *at =
        block + header_bytes(type) + run * run_bytes(type) + slice_offset(type, slice);
    ask_for(at + 4 * AHEAD, lines_of(type) * LINE_BYTES);
#pragma GCC unroll 2
    for (int half = 0; half < RUN_LINES / sub_lines; half++) {
      ints part[FEW];
      for (int t = 0; t < rows; t++) {
        part[t] = none();
      }
#pragma GCC unroll 8
      for (int line = half * sub_lines; line < (half + 1) * sub_lines; line++) {
        ints w = codes_of(type, at, line);
#pragma GCC unroll 8
        for (int t = 0; t < rows; t++) {
          part[t] = dot(part[t], w, four_codes(x + t * columns + RUN * run + 4 * line), 0);
        }
      }
      ints scale = sub_scales(type, block, slice, run * RUN_LINES / sub_lines + half);
#pragma GCC unroll 8
      for (int t = 0; t < rows; t++) {
        total[t] = add(total[t], times(part[t], scale));
      }
    }
  }
}

/* One panel, blocks of 256 columns with sub-blocks. */
INLINE void few_big(int type, int rows, const struct product *p, const uint8_t *panel,
                    int64_t outputs, float *y) {
  const int64_t blocks = p->columns / 256;
  float sums[FEW][PANEL] __attribute__((aligned(64)));
  __builtin_memset(sums, 0, sizeof sums[0] * rows);
#pragma GCC unroll 1
  for (int64_t b = 0; b < blocks; b++) {
    const uint8_t *block = panel + b * block_bytes(type);
    int32_t pairs[FEW][8];
    for (int t = 0; t < rows; t++) {
      sum_pairs(sub_blocks(type), p->sums + (t * p->columns + b * 256) / SUM_COLUMNS, pairs[t]);
    }
#pragma GCC unroll 1
    for (int v = 0; v < PANEL_SLICES; v++) {
      ints total[FEW];
      slice_totals(type, rows, block, v, p->codes + b * 256, p->columns, total);
#pragma GCC unroll 8
      for (int t = 0; t < rows; t++) {
        ints met = met_sums(type, block, v, pairs[t]);
        floats scale = all_floats(p->scales[t * blocks + b]);
        float *to = sums[t] + v * LANES;
        ints sum = total[t];
        if (bias_of(type)) {
          sum = sub(sum, times(met, all(bias_of(type))));
        }
        floats both = scaled(scales_of(type, block, v), scale);
        floats after = fma_(to_floats(sum), both, load_floats(to));
        if (has_minimums(type)) {
          after = minus_fma(to_floats(met), scaled(minimums_of(block, v), scale), after);
        }
        store_floats(to, after);
      }
    }
  }
  put_outputs(p, rows, sums, outputs, y);
}
