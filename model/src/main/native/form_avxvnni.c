/* 256-bit vectors with VNNI: processors without AVX-512. */
#include "kernels.h"

#define WITH_VNNI
#include "vector256.h"

#define FORM switchboard_product_avxvnni
#include "form.h"
