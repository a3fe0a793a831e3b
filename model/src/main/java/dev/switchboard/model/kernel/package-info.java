/**
 * All arithmetic on floats: a checking facade ({@link dev.switchboard.model.kernel.Kernels}), a
 * plain scalar implementation, a Vector API twin and, where it can be had, native code for some
 * products, which give the same bits. The facade checks shapes, the implementations trust it.
 *
 * <p>One answer, everywhere: a result's bits depend on the model and the sequence alone.
 *
 * <ul>
 *   <li>An output of a product is summed over ascending inputs with fma from +0; a lane is an
 *       output row, so vector width, rows a call and threads change nothing.
 *   <li>Weights of types that are not floats are either widened exactly, tile by tile, and then
 *       treated as F32; or, for the block types of GGUF, meet activations that were quantised once
 *       a token: codes in [-127, 127] in blocks of 32 or 256, rounded half to even. Sums inside a
 *       block are exact integers (scales of sub-blocks included), the product of the two scales is
 *       rounded first, one fma adds the block, another its minimum; blocks ascend from +0. Which of
 *       the two is a property of the matrix, never of the batch.
 *   <li>Sums within a row (norms, softmax) use 16 virtual lanes, element i going to partial i mod
 *       16, and one fixed tree. {@code reduceLanes} on floats is forbidden.
 *   <li>The recurrence is {@code h = fma(a, h, (dt x) B)}, tokens in order, for prompts too.
 *   <li>exp, silu, softplus are our own polynomials, the same in both implementations; no library
 *       function lies on the path of a token. Constants made at load use StrictMath.
 *   <li>Subnormals must work on the computing thread: checked when its {@link
 *       dev.switchboard.model.kernel.Scratch} is made.
 * </ul>
 *
 * <p>What keeps C2 fast: weights in native panels, accumulators in named locals, rolled loops, at
 * most two small helper calls a loop (a third is not inlined and boxes every vector; look for
 * {@code NodeCountInliningCutoff} with {@code -XX:+PrintInlining}, and see the allocation test).
 */
@NullMarked
package dev.switchboard.model.kernel;

import org.jspecify.annotations.NullMarked;
