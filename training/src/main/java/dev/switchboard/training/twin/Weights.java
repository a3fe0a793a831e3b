package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/**
 * The twin's parameters by name. Matrices that one operation multiplies lie together: all experts
 * of a layer are one tensor, gate and up projections are the two halves of another. {@link
 * HuggingFaceLayout} takes them apart.
 */
public final class Weights implements AutoCloseable {
  private final NDManager manager;
  private final SequencedMap<String, NDArray> leaves = new LinkedHashMap<>();

  public Weights(NDManager parent) {
    manager = parent.newSubManager();
  }

  /** Fresh weights from a seed: the same seed gives the same weights. */
  public static Weights random(NDManager parent, TwinConfig config, long seed) {
    Weights weights = new Weights(parent);
    initialValues(config, seed).forEach((name, tensor) -> weights.put(name, tensor, true));
    return weights;
  }

  /** Starting values of every tensor of the trunk, the experts and the gates. */
  public static SequencedMap<String, Values> initialValues(TwinConfig c, long seed) {
    Initializer init = new Initializer(new SplittableRandom(seed));
    SequencedMap<String, Values> all = new LinkedHashMap<>();
    all.put("embed", init.normal(0.02f, c.vocab(), c.width()));
    float in = (float) (0.7 / Math.sqrt(c.width()));
    for (int i = 0; i < c.layers(); i++) {
      String p = "layers." + i + ".";
      all.put(p + "mixer_norm", Initializer.filled(1, c.width()));
      all.put(p + "in_proj", init.normal(in, c.projected(), c.width()));
      all.put(p + "conv", init.normal(0.3f, c.kernel(), c.convolved()));
      all.put(p + "conv_bias", Initializer.filled(0, c.convolved()));
      all.put(p + "A_log", init.logUniform(1, 16, c.heads()));
      all.put(p + "D", Initializer.filled(1, c.heads()));
      all.put(p + "dt_bias", init.stepBias(0.003f, 0.1f, c.heads()));
      all.put(p + "norm", Initializer.filled(1, c.inner()));
      all.put(p + "out_proj", Initializer.filled(0, c.width(), c.inner()));
      all.put(p + "moe_norm", Initializer.filled(1, c.width()));
      all.put(p + "shared_in", init.normal(in, 2, c.sharedWidth(), c.width()));
      all.put(p + "shared_out", Initializer.filled(0, c.width(), c.sharedWidth()));
      putExperts(c, p + "expert_", in, init, all);
      all.put(p + "gate", init.normal(in, c.expertCount(), c.width()));
      all.put(p + "decay", Initializer.filled(0.93f, 1));
    }
    all.put("final_norm", Initializer.filled(1, c.width()));
    return all;
  }

  private static void putExperts(
      TwinConfig c, String p, float in, Initializer init, Map<String, Values> all) {
    int experts = c.expertCount();
    switch (c.backbone()) {
      case Backbone.Ffn ffn -> {
        all.put(p + "in", init.normal(in, experts, 2, ffn.width(), c.width()));
        all.put(p + "out", Initializer.filled(0, experts, c.width(), ffn.width()));
      }
      case Backbone.Mamba mamba -> {
        int heads = mamba.heads();
        all.put(p + "in", init.normal(in, experts, mamba.projected(), c.width()));
        all.put(
            p + "A_log", init.logUniform(1, 16, (long) experts * heads).reshaped(experts, heads));
        all.put(p + "D", Initializer.filled(1, experts, heads));
        all.put(p + "dt_bias", init.stepBias(0.003f, 0.1f, heads).repeated(experts));
        all.put(p + "norm", Initializer.filled(1, experts, mamba.inner()));
        all.put(p + "out", Initializer.filled(0, experts, c.width(), mamba.inner()));
      }
    }
  }

  public void put(String name, Values tensor, boolean trainable) {
    NDArray old =
        leaves.put(name, Torch.leaf(manager, tensor.numbers(), tensor.shape(), trainable));
    if (old != null) {
      old.close();
    }
  }

  /**
   * The leaf itself: for optimizers. Operations on it would stay in memory; use {@link #bind} for
   * those.
   */
  public NDArray leaf(String name) {
    NDArray leaf = leaves.get(name);
    if (leaf == null) {
      throw new IllegalArgumentException("no weight " + name + " among " + leaves.keySet());
    }
    return leaf;
  }

  public Map<String, NDArray> leaves() {
    return leaves;
  }

  /** Leaves on the same numbers with gradients of their own: for a second thread. */
  public Weights replica(NDManager parent) {
    Weights twin = new Weights(parent);
    leaves.forEach((name, leaf) -> {
      NDArray shared = Torch.detached(twin.manager, leaf);
      shared.setRequiresGradient(leaf.hasGradient());
      twin.leaves.put(name, shared);
    });
    return twin;
  }

  /** Adds another replica's gradients to these and clears them there. */
  public void takeGradients(Weights other, Iterable<String> names) {
    Torch.recording(false);
    for (String name : names) {
      try (NDArray mine = Torch.gradient(leaf(name));
          NDArray theirs = Torch.gradient(other.leaf(name))) {
        mine.addi(theirs);
      }
      Torch.clearGradient(other.leaf(name));
    }
    Torch.recording(true);
  }

  /** The values of one tensor, copied out. */
  public Values values(String name) {
    NDArray leaf = leaf(name);
    return new Values(leaf.toFloatArray(), leaf.getShape());
  }

  /** A manager for the arrays of one step; closing it frees them. */
  public NDManager newStep() {
    return manager.newSubManager();
  }

  /** Views of the leaves whose results live in {@code step} and go with it. */
  public Bound bind(NDManager step) {
    Map<String, NDArray> views = new LinkedHashMap<>();
    leaves.forEach((name, leaf) -> {
      NDArray view = leaf.reshape(leaf.getShape());
      view.attach(step);
      views.put(name, view);
    });
    return new Bound(step, views);
  }

  @Override
  public void close() {
    manager.close();
  }

  /** Float values with a shape. */
  public record Values(float[] numbers, Shape shape) {
    public Values {
      if (numbers.length != shape.size()) {
        throw new IllegalArgumentException(numbers.length + " values for shape " + shape);
      }
    }

    Values reshaped(long... extents) {
      return new Values(numbers, new Shape(extents));
    }

    /** The same numbers again and again, along a new first axis. */
    Values repeated(int times) {
      float[] all = new float[times * numbers.length];
      for (int i = 0; i < times; i++) {
        System.arraycopy(numbers, 0, all, i * numbers.length, numbers.length);
      }
      return new Values(all, new Shape(times).addAll(shape));
    }
  }

  /** Views of all weights for one step. */
  public record Bound(NDManager step, Map<String, NDArray> views) {
    public NDArray get(String name) {
      NDArray view = views.get(name);
      if (view == null) {
        throw new IllegalArgumentException("no weight " + name);
      }
      return view;
    }

    public NDArray get(int layer, String name) {
      return get("layers." + layer + "." + name);
    }

    /** These views with those of {@code other} laid over them. */
    public Bound with(Map<String, NDArray> other) {
      Map<String, NDArray> merged = new LinkedHashMap<>(views);
      merged.putAll(other);
      return new Bound(step, merged);
    }
  }
}
