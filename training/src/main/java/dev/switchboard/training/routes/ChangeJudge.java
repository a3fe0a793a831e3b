package dev.switchboard.training.routes;

import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.moe.Choice;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How much other gates change what a layer gives: the norm of the difference of the experts'
 * weighted sums by the norm of the recorded ones, over a sample of rows. Shared experts, which are
 * the same either way, are not counted: of the layer's whole output the change is smaller where
 * there are any.
 */
public final class ChangeJudge {
  /** What experts make of rows, wherever they run. */
  public interface Answers {
    /**
     * @param experts for each row, {@code perRow} of them
     * @return {@code [rows, perRow, dModel]}
     */
    float[] of(int layer, float[][] rows, int[] experts, int perRow) throws IOException;
  }

  /**
   * How far a layer's gate may go.
   *
   * @param part of the way to the gate that was looked for
   * @param change at that part
   * @param wholeChange at the whole way
   * @param calls rows that experts were asked for
   */
  public record Bound(int layer, double part, double change, double wholeChange, long calls)
      implements Serializable {}

  private static final int HALVINGS = 7;
  private static final int ROWS_AT_ONCE = 256;

  private final int place;
  private final List<RoutedRow> rows;
  private final Answers answers;
  private final int layer;
  private final Map<Long, float[]> known = new HashMap<>();
  private final Scratch scratch = new Scratch();
  private long calls;

  /**
   * @param place of the layer in the rows
   */
  public ChangeJudge(int place, int layer, List<RoutedRow> rows, Answers answers) {
    this.place = place;
    this.layer = layer;
    this.rows = rows;
    this.answers = answers;
  }

  /** The largest part of the way from one gate to the other that changes no more than that. */
  public Bound bound(LayerGate from, LayerGate to, double most) throws IOException {
    double whole = change(to);
    if (whole <= most) {
      return new Bound(layer, 1, whole, whole, calls);
    }
    double part = 0;
    double change = 0;
    double step = 0.5;
    for (int i = 0; i < HALVINGS; i++, step /= 2) {
      double at = change(from.towards(to, part + step));
      if (at <= most) {
        part += step;
        change = at;
      }
    }
    return new Bound(layer, part, change, whole, calls);
  }

  /** Of these rows' sums under another gate. */
  double change(LayerGate gate) throws IOException {
    Choice choice = gate.choice();
    int k = choice.topK();
    int[][] chosen = new int[rows.size()][k];
    float[][] weights = new float[rows.size()][k];
    for (int r = 0; r < rows.size(); r++) {
      float[] logits = gate.logits(rows.get(r).read()[place]);
      choice.choose(logits, 0, chosen[r], weights[r], 0, scratch);
    }
    ask(chosen);
    double difference = 0;
    double size = 0;
    for (int r = 0; r < rows.size(); r++) {
      RoutedRow row = rows.get(r);
      double[] before = sum(r, row.experts()[place], row.weights()[place]);
      double[] after = sum(r, chosen[r], weights[r]);
      for (int d = 0; d < before.length; d++) {
        difference += (after[d] - before[d]) * (after[d] - before[d]);
        size += before[d] * before[d];
      }
    }
    return size == 0 ? 0 : Math.sqrt(difference / size);
  }

  private double[] sum(int row, int[] experts, float[] weights) {
    double[] sum = new double[rows.get(row).inputs()[place].length];
    for (int rank = 0; rank < experts.length; rank++) {
      float[] answer = experts[rank] < 0 ? null : known.get(key(row, experts[rank]));
      for (int d = 0; answer != null && d < sum.length; d++) {
        sum[d] += (double) weights[rank] * answer[d];
      }
    }
    return sum;
  }

  private static long key(int row, int expert) {
    return ((long) row << 32) + expert;
  }

  /** Asks for what is not known yet, one expert of a row at a time, many rows at once. */
  private void ask(int[][] chosen) throws IOException {
    Set<Long> wanted = new LinkedHashSet<>();
    for (int r = 0; r < rows.size(); r++) {
      for (int expert : rows.get(r).experts()[place]) {
        if (expert >= 0) {
          wanted.add(key(r, expert));
        }
      }
      for (int expert : chosen[r]) {
        wanted.add(key(r, expert));
      }
    }
    wanted.removeAll(known.keySet());
    List<Long> open = new ArrayList<>(wanted);
    for (int at = 0; at < open.size(); at += ROWS_AT_ONCE) {
      List<Long> some = open.subList(at, Math.min(open.size(), at + ROWS_AT_ONCE));
      float[][] inputs = new float[some.size()][];
      int[] experts = new int[some.size()];
      for (int i = 0; i < inputs.length; i++) {
        inputs[i] = rows.get((int) (some.get(i) >> 32)).inputs()[place];
        experts[i] = (int) (long) some.get(i);
      }
      float[] outputs = answers.of(layer, inputs, experts, 1);
      int d = outputs.length / inputs.length;
      for (int i = 0; i < inputs.length; i++) {
        float[] answer = new float[d];
        System.arraycopy(outputs, i * d, answer, 0, d);
        known.put(some.get(i), answer);
      }
      calls += some.size();
    }
  }
}
