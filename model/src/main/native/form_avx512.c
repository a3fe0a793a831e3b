/* 512-bit vectors with VNNI. */
#include "kernels.h"
#include "vector512.h"

#define FORM switchboard_product_avx512
#include "form.h"

#define WIDE_FORM switchboard_wide_avx512
#include "wide.h"
