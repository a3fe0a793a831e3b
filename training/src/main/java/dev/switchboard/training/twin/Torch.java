package dev.switchboard.training.twin;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.FloatBuffer;

/**
 * The few calls into PyTorch that DJL's own gradient collector does not allow: it is one for the
 * whole process and clears every gradient there is, while tasks here differentiate side by side.
 */
public final class Torch {
  private Torch() {}

  /** Loads the native library from the class path (never from the network). */
  public static void start() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("DJL_OFFLINE", "true");
    Engine.getEngine("PyTorch");
  }

  /** Threads of one operation; a setting of the calling thread. */
  public static void threads(int count) {
    JniUtils.setNumThreads(count);
  }

  /** Whether operations of the calling thread are recorded for differentiation. */
  public static void recording(boolean on) {
    JniUtils.setGradMode(on);
  }

  /** A leaf that lives until its manager is closed. */
  public static NDArray leaf(NDManager manager, float[] values, Shape shape, boolean trainable) {
    NDArray array = manager.create(FloatBuffer.wrap(values), shape, DataType.FLOAT32);
    if (trainable) {
      array.setRequiresGradient(true);
    }
    return array;
  }

  /**
   * Adds d(target)/d(leaf) times {@code seed} to the gradient of every leaf below {@code target}.
   */
  public static void backward(NDArray target, NDArray seed) {
    JniUtils.backward((PtNDArray) target, (PtNDArray) seed, false, false);
  }

  /** A handle on the leaf's gradient, to be closed by the caller; the storage is shared. */
  public static NDArray gradient(NDArray leaf) {
    return JniUtils.getGradient((PtNDArray) leaf);
  }

  public static void clearGradient(NDArray leaf) {
    JniUtils.zeroGrad((PtNDArray) leaf);
  }

  /** {@code array} without its history, in {@code manager}. */
  public static NDArray detached(NDManager manager, NDArray array) {
    NDArray result = JniUtils.detachGradient((PtNDArray) array);
    result.attach(manager);
    return result;
  }

  /**
   * A number that lives as long as {@code owner}. Operations between a recorded array and a plain
   * Java number must not be multiplications, divisions or powers: DJL hands the number over in
   * memory that Java may reclaim before the backward pass reads it.
   */
  public static NDArray constant(NDArray owner, float value) {
    return owner.getManager().create(value);
  }

  /** Rows of {@code table} at {@code indices}: {@code [n] -> [n, d]}. */
  static NDArray rows(NDArray table, NDArray indices) {
    NDArray result = JniUtils.embedding((PtNDArray) indices, (PtNDArray) table, false);
    result.attach(indices.getManager());
    return result;
  }
}
