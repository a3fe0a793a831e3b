/*
 * How a type's codes and scales lie in a panel (the counterpart of BlockLayout.java), and their way
 * into vectors. A slice is the rows of one vector; codes are unsigned here: their type's bias is
 * taken off afterwards, by way of the activations' sums.
 */
#define PANEL_SLICES (PANEL / LANES)

INLINE int is_big(int type) { return type >= Q2_K; }
INLINE int block_columns(int type) { return is_big(type) ? 256 : RUN; }

INLINE int has_minimums(int type) {
  return type == Q4_1 || type == Q5_1 || type == Q2_K || type == Q4_K || type == Q5_K;
}

INLINE int sub_blocks(int type) {
  return !is_big(type) ? 0 : type == Q4_K || type == Q5_K ? 8 : 16;
}

INLINE int lines_of(int type) {
  switch (type) {
    case Q8_0: return 8;
    case Q5_0: case Q5_1: case Q5_K: return 5;
    case Q6_K: return 6;
    case Q2_K: return 2;
    case Q3_K: return 3;
    default: return 4;
  }
}

/* What the codes below are too large by. */
INLINE int bias_of(int type) {
  switch (type) {
    case Q8_0: return BYTE_BIAS;
    case Q4_0: return 8;
    case Q5_0: return 16;
    case MXFP4: return 12;
    case Q3_K: return 4;
    case Q6_K: return 32;
    default: return 0;
  }
}

INLINE int scale_bytes(int type) { return type == MXFP4 ? 1 : has_minimums(type) ? 4 : 2; }

INLINE int minimum_bytes(int type) { return type == Q4_K || type == Q5_K ? 8 : 0; }

INLINE int header_bytes(int type) {
  return (scale_bytes(type) + sub_blocks(type) + minimum_bytes(type)) * PANEL;
}

INLINE int group_bytes(int type) { return lines_of(type) * LINE_BYTES; }
INLINE int run_bytes(int type) { return PANEL / GROUP * group_bytes(type); }

INLINE int block_bytes(int type) {
  return header_bytes(type) + block_columns(type) / RUN * run_bytes(type);
}

/* Where in a run a slice's part of its first line is. */
INLINE int slice_offset(int type, int slice) {
  int row = slice * LANES;
  return row / GROUP * group_bytes(type) + row % GROUP * 4;
}

INLINE ints shifted(ints v, int left) {
  return left > 0 ? left16(v, left) : left < 0 ? right16(v, -left) : v;
}

INLINE ints nibbles(const uint8_t *at, int line) {
  return and(shifted(load(at + line / 2 * LINE_BYTES), line % 2 * -4), all_bytes(0x0f));
}

/* The bit pairs of a line, at bit `to` of the code. */
INLINE ints pairs(const uint8_t *at, int first, int line, int to) {
  ints four = load(at + (first + line / 4) * LINE_BYTES);
  return and(shifted(four, to - line % 4 * 2), all_bytes(3 << to));
}

INLINE ints single_bits(const uint8_t *at, int first, int line, int to) {
  return and(shifted(load(at + first * LINE_BYTES), to - line), all_bytes(1 << to));
}

/* Twice the values of MXFP4's codes, and 12 more. */
static const uint8_t MXFP4_VALUES[16] = {12, 13, 14, 15, 16, 18, 20, 24,
                                         12, 11, 10, 9,  8,  6,  4,  0};

/* The codes of four columns of a slice: line 0 to 7 of the run at `at`. */
INLINE ints codes_of(int type, const uint8_t *at, int line) {
  switch (type) {
    case Q8_0: return byte_codes(load(at + line * LINE_BYTES));
    case Q5_0: case Q5_1: case Q5_K: return or(nibbles(at, line), single_bits(at, 4, line, 4));
    case Q6_K: return or(nibbles(at, line), pairs(at, 4, line, 4));
    case Q2_K: return pairs(at, 0, line, 0);
    case Q3_K: return or(pairs(at, 0, line, 0), single_bits(at, 2, line, 2));
    case MXFP4: return look_up(MXFP4_VALUES, nibbles(at, line));
    default: return nibbles(at, line);
  }
}

/* Half of 2^(e - 127): the values of MXFP4 are kept doubled. */
INLINE floats powers_of_two(const uint8_t *from) {
  ints e = wide_bytes(from);
  ints subnormal = left_each(all(0x00200000), e);
  return bits_to_floats(choose_below(e, 2, subnormal, left32(sub(e, all(1)), 23)));
}

INLINE floats scales_of(int type, const uint8_t *block, int slice) {
  int row = slice * LANES;
  return type == MXFP4 ? powers_of_two(block + row) : halves(block + 2 * row);
}

/* Minimums of blocks, or the scales of sub-blocks' minimums. */
INLINE floats minimums_of(const uint8_t *block, int slice) {
  return halves(block + 2 * PANEL + 2 * slice * LANES);
}

/* Header lines: [16 rows][4 sub-blocks] bytes for each four sub-blocks and 16 rows. */
INLINE ints sub_bytes(int type, const uint8_t *block, int slice, int four, int minimums) {
  int from = scale_bytes(type) + (minimums && minimum_bytes(type) ? sub_blocks(type) : 0);
  return load(block + (from + 4 * four) * PANEL + 4 * slice * LANES);
}

/* The integer scales of sub-block s. */
INLINE ints sub_scales(int type, const uint8_t *block, int slice, int s) {
  ints v = right32(sub_bytes(type, block, slice, s / 4, 0), s % 4 * 8);
  if (type == Q2_K) {
    return and(v, all(0x0f));
  }
  return signed_right32(left32(v, 24), 24);
}

/*
 * What the sums of the activations' sub-blocks meet, as shorts: of each four sub-blocks 0 and 2
 * (half 0), then 1 and 3 (half 1). Minimums where the type has them, else the scales, since they
 * carry the codes' bias.
 */
INLINE ints sum_factors(int type, const uint8_t *block, int slice, int four, int half) {
  ints v = sub_bytes(type, block, slice, four, 1);
  if (type == Q2_K) {
    return and(right16(v, half == 0 ? 4 : 12), all(0x000f000f));
  }
  if (has_minimums(type)) {
    return half == 0 ? and(v, all(0x00ff00ff)) : right16(v, 8);
  }
  return signed_right16(half == 0 ? left16(v, 8) : v, 8);
}
