package dev.switchboard.node;

import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.shard.ExpertSource;
import dev.switchboard.node.shard.ModelExperts;
import dev.switchboard.node.shard.ShardLoader;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.SequenceRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A random model of two layers with four experts of width 24, and what tests ask of it. */
public final class TinyShard {
  public static final int WIDTH = 24;
  public static final int EXPERTS = 4;

  public final Model model;
  public final ExpertSource source;
  public final NodeCounters counters = new NodeCounters();

  private TinyShard(Model model) {
    this.model = model;
    this.source = new ModelExperts(model);
  }

  public static TinyShard ffn(Path folder) {
    return new TinyShard(Model.open(TinyModels.seeded(7).write(folder)));
  }

  public static TinyShard mamba(Path folder) {
    return new TinyShard(Model.open(TinyModels.seeded(7).mambaExperts().write(folder)));
  }

  /** A snapshot that holds some of them. */
  public HeldExperts holding(Integer... indices) {
    return HeldExperts.none(source.model())
        .plus(new ShardLoader(source, counters, System::nanoTime).load(List.of(indices)))
        .at(3);
  }

  /** Random rows {@code [count, WIDTH]}. */
  public static TensorRows rows(long seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count * WIDTH];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return TensorRows.f32(count, WIDTH, values);
  }

  public static ExpertGroup group(int expert, int... rows) {
    return ExpertGroup.newBuilder()
        .setExpert(expert)
        .addAllRows(IntStream.of(rows).boxed().toList())
        .build();
  }

  /** A group of one sequence that reads rows {@code [0, count)}. */
  public static ExpertGroup runOf(int expert, long sequence, long before, int count) {
    return ExpertGroup.newBuilder()
        .setExpert(expert)
        .addAllRows(IntStream.range(0, count).boxed().toList())
        .addRuns(run(sequence, before, count))
        .build();
  }

  public static SequenceRun run(long sequence, long before, int count) {
    return SequenceRun.newBuilder()
        .setSequenceId(sequence)
        .setRowCount(count)
        .setVersionBefore(before)
        .setVersionAfter(before + count)
        .build();
  }

  public static ExpertBatchFrame batch(long id, int layer, WireRows rows, ExpertGroup... groups) {
    ExpertBatch header =
        ExpertBatch.newBuilder()
            .setId(id)
            .setLayer(layer)
            .setDeadlineMicros(10_000_000)
            .addAllGroups(List.of(groups))
            .build();
    return new ExpertBatchFrame(header, rows);
  }

  /** What the expert itself makes of some rows, {@code [rows.length, WIDTH]}. */
  public float[] direct(int layer, int expert, TensorRows in, int... rows) {
    var loaded = model.loadExpert(layer, expert);
    float[] input = new float[rows.length * WIDTH];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(in.values(), rows[i] * WIDTH, input, i * WIDTH, WIDTH);
    }
    float[] out = new float[input.length];
    loaded.forward(
        input,
        0,
        rows.length,
        loaded.newState(),
        out,
        0,
        new dev.switchboard.model.kernel.Scratch());
    return out;
  }
}
