package dev.switchboard.simulation;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.architecture.Activation;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.FfnExpert;
import dev.switchboard.model.expert.MambaExpert;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.layer.Ffn;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.layer.Mamba2Core;
import dev.switchboard.node.runtime.ServedModel;
import dev.switchboard.node.shard.ExpertSource;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.router.dispatch.RemoteSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * Two layers of real experts, as small as they can be: what they compute is computed, so that a
 * wrong expert, row or state shows in the bits.
 *
 * @param stateful whether the experts of a layer have states, by layer
 * @param experts of each layer
 */
record SimModel(List<Boolean> stateful, int experts) {
  static final String FINGERPRINT = "simulated";
  static final int WIDTH = 4;
  static final int MOST_EXPERTS = 6;
  static final int LAYERS = 2;

  private static final int INNER = 4;
  private static final ScanShape SCAN = new ScanShape(1, 4, 2, 1);
  private static final int PROJECTED = 2 * 4 + 2 * 2 + 1;
  private static final List<List<Expert>> PLAIN = made(false);
  private static final List<List<Expert>> STATEFUL = made(true);

  private static List<List<Expert>> made(boolean stateful) {
    SplittableRandom random = new SplittableRandom(stateful ? 1 : 2);
    List<List<Expert>> layers = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      List<Expert> experts = new ArrayList<>();
      for (int expert = 0; expert < MOST_EXPERTS; expert++) {
        experts.add(stateful ? mamba(random) : ffn(random));
      }
      layers.add(List.copyOf(experts));
    }
    return layers;
  }

  private static Expert ffn(SplittableRandom random) {
    return new FfnExpert(
        new Ffn(
            Optional.of(new Linear(matrix(random, INNER, WIDTH))),
            new Linear(matrix(random, INNER, WIDTH)),
            new Linear(matrix(random, WIDTH, INNER)),
            new Activation.Silu()));
  }

  private static Expert mamba(SplittableRandom random) {
    float[] rates = Mamba2Core.rates(floats(random, 1));
    Mamba2Core.Steps steps = new Mamba2Core.Steps(floats(random, 1));
    return new MambaExpert(
        new Mamba2Core(SCAN, rates, floats(random, 1), steps, floats(random, 4), 1e-5f),
        matrix(random, PROJECTED, WIDTH),
        matrix(random, WIDTH, 4));
  }

  private static PackedMatrix matrix(SplittableRandom random, int rows, int columns) {
    return PackedMatrix.ofFloats(rows, columns, floats(random, rows * columns));
  }

  private static float[] floats(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1);
    }
    return values;
  }

  Expert expert(int layer, int index) {
    return (stateful.get(layer) ? STATEFUL : PLAIN).get(layer).get(index);
  }

  ExpertUnits units() {
    return new ExpertUnits(
        List.of(new ExpertUnits.Layer(0, experts), new ExpertUnits.Layer(1, experts)));
  }

  Map<Integer, RemoteSpec.Layer> layers() {
    Map<Integer, RemoteSpec.Layer> layers = new HashMap<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      int bytes = stateful.get(layer) ? expert(layer, 0).newState().toBytes().length : 0;
      layers.put(layer, new RemoteSpec.Layer(bytes, experts, WIDTH, 0));
    }
    return layers;
  }

  /**
   * Where a node has its experts from.
   *
   * @param fails whether what is loaded now cannot be read
   */
  ExpertSource source(BooleanSupplier fails) {
    SimModel model = this;
    return new ExpertSource() {
      @Override
      public ServedModel model() {
        return new ServedModel(FINGERPRINT, units(), Map.of(0, WIDTH, 1, WIDTH));
      }

      @Override
      public Expert load(int layer, int index) {
        if (fails.getAsBoolean()) {
          throw new IllegalStateException("the disk gives nothing");
        }
        return model.expert(layer, index);
      }

      @Override
      public List<Expert> load(ExpertBook.Added added, List<Integer> layers) {
        throw new UnsupportedOperationException("nothing is added here");
      }

      @Override
      public long bytes(int layer, int index) {
        return 1;
      }

      @Override
      public long bytesRead() {
        return 0;
      }

      @Override
      public Optional<WeightTable> weights() {
        return Optional.empty();
      }
    };
  }
}
