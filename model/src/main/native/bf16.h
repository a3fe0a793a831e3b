/* See bf16.c. */
#ifndef SWITCHBOARD_BF16_H
#define SWITCHBOARD_BF16_H

#include <stdint.h>

struct bf16_product {
  const uint16_t *panels; /* the first panel of the range */
  int64_t columns;
  int64_t outputs; /* real rows of the panels: the last may not be full */
  const float *x;  /* rows x_stride apart */
  int64_t x_stride;
  int64_t rows;
  uint32_t *rounded; /* room for rows * ((columns + 1) / 2) */
  float *y; /* output of panel p, row r, lane i at y[r * stride + 64 p + i] */
  int64_t stride;
};

void switchboard_bf16_avx512(const struct bf16_product *p);

/* Whether the processor has the instruction. */
int switchboard_has_bf16(void);

#endif
