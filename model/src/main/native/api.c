/* What the Java side calls. Arrays come with an offset each: they are whole Java arrays. */
#include "bf16.h"
#include "kernels.h"

#define EXPORT __attribute__((visibility("default")))

#ifndef SOURCE_DIGEST
#define SOURCE_DIGEST "unknown"
#endif

/* Raised when the functions below change. */
#define API_VERSION 4

EXPORT int32_t switchboard_api_version(void) { return API_VERSION; }

/* Asks the memory for these bytes. An address where nothing is does no harm. */
EXPORT void switchboard_prefetch(const char *from, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) {
    __builtin_prefetch(from + i, 0, 3);
  }
}

/* SHA-256 of the sources, in hexadecimal. */
EXPORT const char *switchboard_source_digest(void) { return SOURCE_DIGEST; }

EXPORT int32_t switchboard_usable_forms(void) { return switchboard_forms(); }

EXPORT int32_t switchboard_bf16_dot(void) { return switchboard_has_bf16(); }

/* The caller has checked all ranges, here and below. */
EXPORT void switchboard_product(int32_t form, int32_t type, int64_t panels, int64_t columns,
                                int64_t outputs, const int8_t *codes, const float *scales,
                                const int32_t *sums, int64_t first_row, int64_t rows, float *y,
                                int64_t y_offset, int64_t stride) {
  int64_t block = type >= Q2_K ? 256 : RUN;
  struct product p = {
      .panels = (const uint8_t *)(intptr_t)panels,
      .columns = columns,
      .outputs = outputs,
      .codes = codes + first_row * columns,
      .scales = scales + first_row * (columns / block),
      .sums = sums + first_row * (columns / SUM_COLUMNS),
      .rows = rows,
      .y = y + y_offset,
      .stride = stride,
  };
  switch (form) {
    case AVX512: switchboard_product_avx512(type, &p); break;
    case AVXVNNI: switchboard_product_avxvnni(type, &p); break;
    default: switchboard_product_avx2(type, &p); break;
  }
}

EXPORT void switchboard_wide_product(int32_t form, int32_t kind, int64_t panels, int64_t columns,
                                     int64_t outputs, const float *x, int64_t x_offset,
                                     int64_t x_stride, int64_t rows, float *y, int64_t y_offset,
                                     int64_t stride) {
  struct wide_product p = {
      .panels = (const uint16_t *)(intptr_t)panels,
      .columns = columns,
      .outputs = outputs,
      .x = x + x_offset,
      .x_stride = x_stride,
      .rows = rows,
      .y = y + y_offset,
      .stride = stride,
  };
  if (form == AVX512) {
    switchboard_wide_avx512(kind, &p);
  } else {
    switchboard_wide_avx2(kind, &p);
  }
}

EXPORT void switchboard_bf16_product(int64_t panels, int64_t columns, int64_t outputs,
                                     const float *x, int64_t x_offset, int64_t x_stride,
                                     int64_t rows, int64_t room, float *y, int64_t y_offset,
                                     int64_t stride) {
  struct bf16_product p = {
      .panels = (const uint16_t *)(intptr_t)panels,
      .columns = columns,
      .outputs = outputs,
      .x = x + x_offset,
      .x_stride = x_stride,
      .rows = rows,
      .rounded = (uint32_t *)(intptr_t)room,
      .y = y + y_offset,
      .stride = stride,
  };
  switchboard_bf16_avx512(&p);
}
