/*
 * Products of quantised weights with activation codes, for one range of panels and one range of
 * rows. The bits are those of the Java kernels (ScalarCodes): the sum of a block's products is an
 * exact integer; it meets the product of the two scales, which is rounded first, in one fma; the
 * minimum's term follows by an fma of its own; blocks ascend from +0. Nothing here keeps state,
 * allocates or starts threads.
 *
 * A panel holds 64 output rows. A block of its columns is a header (scales of the 64 rows, then
 * minimums, then the scales of sub-blocks) and runs of 32 columns; a run is four groups of 16 rows;
 * a group is some lines of 64 bytes, [16 rows][4 columns]: the operand of vpdpbusd.
 */
#ifndef SWITCHBOARD_KERNELS_H
#define SWITCHBOARD_KERNELS_H

#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define PANEL 64
#define GROUP 16
#define RUN 32
#define RUN_LINES 8
#define LINE_BYTES 64

/* Columns whose activation codes' sums are given. */
#define SUM_COLUMNS 16

/* Types of weights, as the Java side numbers them. */
enum type { Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, MXFP4, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, TYPES };

/* Forms of the kernels, the better ones last; also bits of what a processor can run. */
enum form { AVX2, AVXVNNI, AVX512, FORMS };

struct product {
  const uint8_t *panels; /* the first panel of the range */
  int64_t columns;       /* of the weights and the activations */
  int64_t outputs;       /* real rows of the panels: the last may not be full */
  const int8_t *codes;   /* [rows][columns] */
  const float *scales;   /* [rows][columns / block] */
  const int32_t *sums;   /* [rows][columns / 16] */
  int64_t rows;
  float *y;              /* output of panel p, row r, lane i at y[r * stride + 64 p + i] */
  int64_t stride;
};

void switchboard_product_avx2(int type, const struct product *p);
void switchboard_product_avxvnni(int type, const struct product *p);
void switchboard_product_avx512(int type, const struct product *p);

/* Weights of 16 bits. */
enum kind { BF16, F16 };

struct wide_product {
  const uint16_t *panels; /* the first panel of the range */
  int64_t columns;
  int64_t outputs; /* real rows of the panels: the last may not be full */
  const float *x;  /* rows x_stride apart */
  int64_t x_stride;
  int64_t rows;
  float *y; /* output of panel p, row r, lane i at y[r * stride + 64 p + i] */
  int64_t stride;
};

void switchboard_wide_avx2(int kind, const struct wide_product *p);
void switchboard_wide_avx512(int kind, const struct wide_product *p);

/* Which forms this processor and its operating system can run: bit 1 << form. */
int switchboard_forms(void);

#endif
