package dev.switchboard.model.reshape;

import java.util.Arrays;

/**
 * Pairs the units of two networks so that the sum of their likenesses is largest: the assignment
 * problem by shortest augmenting paths with potentials (Jonker and Volgenant).
 */
final class UnitMatch {
  private UnitMatch() {}

  /**
   * @param like {@code [n, n]}: how alike unit i of the one and unit j of the other are
   * @return for each unit of the one, its unit of the other
   */
  static int[] best(float[][] like) {
    int n = like.length;
    double[] rowPotential = new double[n + 1];
    double[] columnPotential = new double[n + 1];
    // Row 0 and column 0 stand for "none": rows and columns count from 1.
    int[] rowOf = new int[n + 1];
    int[] before = new int[n + 1];
    for (int row = 1; row <= n; row++) {
      rowOf[0] = row;
      int end = path(like, rowPotential, columnPotential, rowOf, before);
      while (end != 0) {
        int previous = before[end];
        rowOf[end] = rowOf[previous];
        end = previous;
      }
    }
    int[] match = new int[n];
    for (int column = 1; column <= n; column++) {
      match[rowOf[column] - 1] = column - 1;
    }
    return match;
  }

  /** The shortest path from the new row to a free column, which it returns. */
  private static int path(
      float[][] like, double[] rows, double[] columns, int[] rowOf, int[] before) {
    int n = like.length;
    double[] distance = new double[n + 1];
    boolean[] seen = new boolean[n + 1];
    Arrays.fill(distance, Double.POSITIVE_INFINITY);
    int at = 0;
    do {
      seen[at] = true;
      int row = rowOf[at];
      int next = 0;
      double least = Double.POSITIVE_INFINITY;
      for (int column = 1; column <= n; column++) {
        if (seen[column]) {
          continue;
        }
        double cost = -like[row - 1][column - 1] - rows[row] - columns[column];
        if (cost < distance[column]) {
          distance[column] = cost;
          before[column] = at;
        }
        if (distance[column] < least) {
          least = distance[column];
          next = column;
        }
      }
      for (int column = 0; column <= n; column++) {
        if (seen[column]) {
          rows[rowOf[column]] += least;
          columns[column] -= least;
        } else {
          distance[column] -= least;
        }
      }
      at = next;
    } while (rowOf[at] != 0);
    return at;
  }
}
