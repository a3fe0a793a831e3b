/* 256-bit vectors without an instruction for dot products of bytes. */
#include "kernels.h"
#include "vector256.h"

#define FORM switchboard_product_avx2
#include "form.h"

#define WIDE_FORM switchboard_wide_avx2
#include "wide.h"
