package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;

/**
 * The recurrence {@code S = a S + (dt x) B^T, y = S C} in chunks of matrix products (the state
 * space duality of Mamba-2): inside a chunk a decayed lower-triangular matrix takes the place of
 * the state, between chunks the state is carried. Shapes: n sequences, T tokens, c chunks of Q
 * tokens, H heads of P channels, N numbers of state a channel.
 */
final class Scan {
  static final int CHUNK = 64;

  private final NDArray cumulative; // [Q, Q]: v @ cumulative = running sums of v
  private final NDArray mask; // [Q, Q]: 0 up to the diagonal, very negative above

  Scan(NDManager step, int chunk) {
    float[] sums = new float[chunk * chunk];
    float[] future = new float[chunk * chunk];
    for (int i = 0; i < chunk; i++) {
      for (int j = 0; j < chunk; j++) {
        sums[i * chunk + j] = i <= j ? 1 : 0;
        future[i * chunk + j] = j <= i ? 0 : -1e30f;
      }
    }
    Shape square = new Shape(chunk, chunk);
    cumulative = step.create(FloatBuffer.wrap(sums), square, DataType.FLOAT32);
    mask = step.create(FloatBuffer.wrap(future), square, DataType.FLOAT32);
  }

  /**
   * @param x {@code [n, T, H*P]}
   * @param dt {@code [n, T, H]}, positive
   * @param rate {@code [n, T, H]}, log of the decay a: {@code -exp(A_log) dt}
   * @param b {@code [n, T, N]}
   * @param c {@code [n, T, N]}
   * @return {@code [n, T/Q, Q, H, P]}, without the skip path D x
   */
  NDArray run(NDArray x, NDArray dt, NDArray rate, NDArray b, NDArray c) {
    long n = x.getShape().get(0);
    long q = mask.getShape().get(0);
    long chunks = x.getShape().get(1) / q;
    long heads = dt.getShape().get(2);
    long channels = x.getShape().get(2) / heads;
    NDArray stepped =
        x.reshape(n, chunks, q, heads, channels).mul(dt.reshape(n, chunks, q, heads, 1));
    NDArray sums = rate.reshape(n, chunks, q, heads).transpose(0, 1, 3, 2).matMul(cumulative);
    NDArray bChunks = b.reshape(n, chunks, q, b.getShape().get(2));
    NDArray cChunks = c.reshape(n, chunks, q, c.getShape().get(2));
    NDArray decay = sums.expandDims(4).sub(sums.expandDims(3)).add(mask).exp();
    NDArray pairs = cChunks.matMul(bChunks.transpose(0, 1, 3, 2)).expandDims(2);
    NDArray y = decay.mul(pairs).matMul(stepped.transpose(0, 1, 3, 2, 4)).transpose(0, 1, 3, 2, 4);
    if (chunks == 1) {
      return y;
    }
    NDArray before = statesBefore(stepped, sums, bChunks);
    NDArray carried =
        cChunks.matMul(before.transpose(0, 1, 3, 2)).reshape(n, chunks, q, heads, channels);
    return y.add(carried.mul(sums.exp().transpose(0, 1, 3, 2).expandDims(4)));
  }

  /** State before each chunk: {@code [n, c, H*P, N]}. */
  private static NDArray statesBefore(NDArray stepped, NDArray sums, NDArray b) {
    Shape s = stepped.getShape();
    long n = s.get(0);
    long chunks = s.get(1);
    long q = s.get(2);
    long heads = s.get(3);
    long inner = heads * s.get(4);
    long state = b.getShape().get(3);
    NDArray total = sums.split(new long[] {q - 1}, 3).get(1); // [n, c, H, 1]
    NDArray toEnd = total.sub(sums).exp().transpose(0, 1, 3, 2).expandDims(4);
    NDArray added = stepped.mul(toEnd).reshape(n, chunks, q, inner).transpose(0, 1, 3, 2).matMul(b);
    NDList perChunk = added.reshape(n, chunks, heads, inner / heads * state).split(chunks, 1);
    NDList decays = total.exp().split(chunks, 1);
    NDArray running = perChunk.get(0);
    NDList before = new NDList(running.zerosLike(), running);
    for (int k = 1; k < chunks - 1; k++) {
      running = running.mul(decays.get(k)).add(perChunk.get(k));
      before.add(running);
    }
    return NDArrays.concat(before, 1).reshape(n, chunks, inner, state);
  }
}
