/* One form of the kernels, whole: the including file has chosen the vectors and names it FORM. */
#include "codes.h"
#include "few.h"
#include "many.h"
#include "passes.h"

INLINE void many(int type, const struct product *p, const uint8_t *panel, int64_t outputs,
                 float *y) {
  struct tile tile;
  const int step = TILE_COLUMNS / block_columns(type);
  int64_t blocks = p->columns / block_columns(type);
#pragma GCC unroll 1
  for (int64_t b = 0; b < blocks; b += step) {
    int count = (int)(blocks - b < step ? blocks - b : step);
    expand(type, panel + b * block_bytes(type), count, &tile);
    pass_rows(passing_of(type), sub_blocks(type), p, &tile, b, outputs, y);
  }
}

INLINE void few(int type, int rows, const struct product *p, const uint8_t *panel, int64_t outputs,
                float *y) {
  if (is_big(type)) {
    few_big(type, rows, p, panel, outputs, y);
  } else {
    few_small(type, rows, p, panel, outputs, y);
  }
}

INLINE void of_type(int type, const struct product *p) {
  int64_t bytes = p->columns / block_columns(type) * block_bytes(type);
#pragma GCC unroll 1
  for (int64_t at = 0; at < p->outputs; at += PANEL) {
    const uint8_t *panel = p->panels + at / PANEL * bytes;
    int64_t outputs = p->outputs - at;
    float *y = p->y + at;
    switch (p->rows) {
      case 1: few(type, 1, p, panel, outputs, y); break;
      case 2: few(type, 2, p, panel, outputs, y); break;
      case 3: few(type, 3, p, panel, outputs, y); break;
      case 4: few(type, 4, p, panel, outputs, y); break;
#if FEW > 4
      case 5: few(type, 5, p, panel, outputs, y); break;
      case 6: few(type, 6, p, panel, outputs, y); break;
      case 7: few(type, 7, p, panel, outputs, y); break;
      case 8: few(type, 8, p, panel, outputs, y); break;
#endif
      default: many(type, p, panel, outputs, y); break;
    }
  }
}

/* A function for each type, so that the compiler sees them one by one. */
#define OF_TYPE(type) \
  static __attribute__((noinline)) void of_##type(const struct product *p) { of_type(type, p); }
OF_TYPE(Q8_0)
OF_TYPE(Q4_0)
OF_TYPE(Q4_1)
OF_TYPE(Q5_0)
OF_TYPE(Q5_1)
OF_TYPE(MXFP4)
OF_TYPE(Q2_K)
OF_TYPE(Q3_K)
OF_TYPE(Q4_K)
OF_TYPE(Q5_K)
OF_TYPE(Q6_K)

void FORM(int type, const struct product *p) {
  switch (type) {
    case Q8_0: of_Q8_0(p); break;
    case Q4_0: of_Q4_0(p); break;
    case Q4_1: of_Q4_1(p); break;
    case Q5_0: of_Q5_0(p); break;
    case Q5_1: of_Q5_1(p); break;
    case MXFP4: of_MXFP4(p); break;
    case Q2_K: of_Q2_K(p); break;
    case Q3_K: of_Q3_K(p); break;
    case Q4_K: of_Q4_K(p); break;
    case Q5_K: of_Q5_K(p); break;
    case Q6_K: of_Q6_K(p); break;
    default: break;
  }
}
