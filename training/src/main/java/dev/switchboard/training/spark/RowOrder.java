package dev.switchboard.training.spark;

import dev.switchboard.training.routes.RoutedRow;
import java.io.Serializable;
import java.util.Comparator;

/** By a draw that depends on a row's place alone: the first ones are a sample. */
record RowOrder(long seed) implements Comparator<RoutedRow>, Serializable {
  @Override
  public int compare(RoutedRow one, RoutedRow other) {
    int drawn = Long.compare(one.draw(seed), other.draw(seed));
    int sequence = Integer.compare(one.sequence(), other.sequence());
    return drawn != 0
        ? drawn
        : sequence != 0 ? sequence : Integer.compare(one.position(), other.position());
  }
}
