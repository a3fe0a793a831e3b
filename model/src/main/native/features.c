/* What the processor has and the operating system saves. */
#include "bf16.h"
#include "kernels.h"

#include <cpuid.h>

#define BIT(word, n) (((word) >> (n)) & 1u)

static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

int switchboard_forms(void) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) {
    return 0;
  }
  int saves = BIT(c, 27), avx = BIT(c, 28), fma = BIT(c, 12), f16c = BIT(c, 29);
  if (!saves || !avx || !fma || !f16c || (saved_state() & 0x06) != 0x06) {
    return 0;
  }
  uint32_t b7, c7, most;
  if (!__get_cpuid_count(7, 0, &most, &b7, &c7, &d) || !BIT(b7, 5)) {
    return 0;
  }
  int forms = 1 << AVX2;
  int avx512 = BIT(b7, 16) && BIT(b7, 17) && BIT(b7, 30) && BIT(b7, 31); /* F, DQ, BW, VL */
  if (avx512 && BIT(c7, 11) && (saved_state() & 0xe6) == 0xe6) {
    forms |= 1 << AVX512;
  }
  if (most >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && BIT(a, 4)) {
    forms |= 1 << AVXVNNI;
  }
  return forms;
}

int switchboard_has_bf16(void) {
  uint32_t a, b, c, d;
  return (switchboard_forms() & 1 << AVX512) && __get_cpuid_count(7, 1, &a, &b, &c, &d) &&
         BIT(a, 5);
}
