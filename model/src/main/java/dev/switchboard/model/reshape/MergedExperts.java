package dev.switchboard.model.reshape;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A layer's experts, each the weighted mean of old ones. The units of a network may stand in any
 * order: those of an expert are first laid over the most alike ones of the group's head (as
 * Ainsworth et al., "Git Re-Basin", do for whole networks).
 */
final class MergedExperts {
  private static final int MOST_UNITS = 4096;

  private final Checkpoint model;
  private final List<Grouping.Group> groups;
  private final int experts;
  private final boolean align;
  private final List<MatrixPlan> unitRows = new ArrayList<>();
  private final MatrixPlan down;
  private final Map<Integer, int[]> matches = new LinkedHashMap<>();

  /**
   * One stored tensor of an expert.
   *
   * @param parts the matrices that lie in it
   * @param shape without the axis of experts
   */
  record Slab(List<MatrixPlan> parts, List<Long> shape) {
    boolean stacked() {
      return parts.getFirst().matrices() > 0;
    }

    String name(int expert) {
      return parts.getFirst().tensorOf(expert);
    }
  }

  /**
   * @throws CheckpointException if the experts are no plain networks of floats
   */
  MergedExperts(Checkpoint model, FeedPlan.Moe moe, List<Grouping.Group> groups, boolean align) {
    this.model = model;
    this.groups = groups;
    this.experts = moe.experts();
    this.align = align;
    if (!(moe.expert() instanceof ExpertPlan.Ffn(FfnPlan network))) {
      throw CheckpointException.in(
          model.path(), "its experts remember; only networks without a state can be merged");
    }
    network.gate().ifPresent(gate -> unitRows.add(plain(gate)));
    unitRows.add(plain(network.up()));
    down = plain(network.down());
    if (align && network.intermediate() > MOST_UNITS) {
      throw CheckpointException.in(
          model.path(),
          "experts of %s units; at most %s are laid over each other (--no-align merges them as they are)",
          network.intermediate(),
          MOST_UNITS);
    }
  }

  private MatrixPlan plain(LinearPlan linear) {
    if (linear.bias().isPresent()) {
      throw CheckpointException.in(
          model.path(),
          "its experts have biases (%s), which are not merged",
          linear.bias().get().tensor());
    }
    // Says what is wrong with how it is stored.
    SourceMatrix.of(model, linear.weight(), 0, SourceMatrix.AS_IT_IS);
    return linear.weight();
  }

  int count() {
    return groups.size();
  }

  /** BF16 if the old ones are, else F32. */
  DType dtype() {
    DType stored = model.find(down.tensorOf(0)).orElseThrow().dtype();
    return stored == DType.BF16 ? DType.BF16 : DType.F32;
  }

  /** The tensors that are replaced. */
  Set<String> sources() {
    Set<String> names = new LinkedHashSet<>();
    for (int e = 0; e < experts; e++) {
      for (MatrixPlan part : parts()) {
        names.add(part.tensorOf(e));
      }
    }
    return names;
  }

  private List<MatrixPlan> parts() {
    List<MatrixPlan> parts = new ArrayList<>(unitRows);
    parts.add(down);
    return parts;
  }

  List<Slab> slabs() {
    Map<String, List<MatrixPlan>> byTensor = new LinkedHashMap<>();
    parts()
        .forEach(
            part -> byTensor.computeIfAbsent(part.tensor(), name -> new ArrayList<>()).add(part));
    return byTensor.values().stream()
        .map(parts -> {
          MatrixPlan one = parts.getFirst();
          return new Slab(parts, List.of((long) one.rows().stored(), (long) one.columns()));
        })
        .toList();
  }

  /** The values of one tensor of one new expert. */
  float[] values(Slab slab, int expert) {
    Grouping.Group group = groups.get(expert);
    MatrixPlan one = slab.parts().getFirst();
    float[] values = new float[Math.multiplyExact(one.rows().stored(), one.columns())];
    for (int m = 0; m < group.members().length; m++) {
      int[] match = match(group, m);
      for (MatrixPlan part : slab.parts()) {
        add(part, group.members()[m], (float) group.shares()[m], match, values);
      }
    }
    return values;
  }

  private void add(MatrixPlan part, int member, float share, int[] match, float[] values) {
    int columns = part.columns();
    float[][] rows = rows(part, member);
    for (int row = 0; row < rows.length; row++) {
      int at = part.rows().stored(row) * columns;
      float[] from = part == down || match.length == 0 ? rows[row] : rows[match[row]];
      for (int column = 0; column < columns; column++) {
        int source = part == down && match.length > 0 ? match[column] : column;
        values[at + column] = Math.fma(share, from[source], values[at + column]);
      }
    }
  }

  private float[][] rows(MatrixPlan part, int expert) {
    SourceMatrix source = SourceMatrix.of(model, part, expert, SourceMatrix.AS_IT_IS);
    float[][] rows = new float[source.rows()][source.columns()];
    IntStream.range(0, rows.length).parallel().forEach(row -> source.read(row, rows[row], 0));
    return rows;
  }

  /** For each unit of the head, the member's; empty: the same one. */
  private int[] match(Grouping.Group group, int member) {
    if (!align || member == 0) {
      return new int[0];
    }
    return matches.computeIfAbsent(
        group.members()[member], expert -> matched(group.head(), expert));
  }

  private int[] matched(int head, int expert) {
    int units = down.columns();
    float[][] like = new float[units][units];
    for (MatrixPlan part : unitRows) {
      addProducts(rows(part, head), rows(part, expert), like);
    }
    addProducts(turned(rows(down, head)), turned(rows(down, expert)), like);
    return UnitMatch.best(like);
  }

  private static float[][] turned(float[][] matrix) {
    float[][] turned = new float[matrix[0].length][matrix.length];
    for (int row = 0; row < matrix.length; row++) {
      for (int column = 0; column < turned.length; column++) {
        turned[column][row] = matrix[row][column];
      }
    }
    return turned;
  }

  private static void addProducts(float[][] one, float[][] other, float[][] sums) {
    IntStream.range(0, one.length)
        .parallel()
        .forEach(i -> {
          for (int j = 0; j < other.length; j++) {
            float sum = 0;
            for (int k = 0; k < one[i].length; k++) {
              sum = Math.fma(one[i][k], other[j][k], sum);
            }
            sums[i][j] += sum;
          }
        });
  }
}
