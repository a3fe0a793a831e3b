package dev.switchboard.cluster.load;

import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.LoadTotals;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The sums of processes that left long ago: one value of the grid, however many there were.
 *
 * @param version grows with every change
 * @param models sums by model, the one that was added to last at the end
 * @param settled ids of the processes that were added last: where their own entries are seen still,
 *     these are not counted again
 */
public record LeftLoads(long version, List<Model> models, List<String> settled) {
  /** Nobody has left. */
  public static final LeftLoads NONE = new LeftLoads(0, List.of(), List.of());

  /** Models with a sum of their own; of those beyond, the ones that rested longest become one. */
  static final int MOST_MODELS = 8;

  /** An entry is gone some seconds after it was added, so this is many times enough. */
  static final int MOST_SETTLED = 256;

  /** The sum of one model. */
  public record Model(String fingerprint, LoadTotals totals) {
    Model plus(LoadTotals more) {
      return new Model(fingerprint, totals.plus(more));
    }
  }

  public LeftLoads {
    models = List.copyOf(models);
    settled = List.copyOf(settled);
  }

  /** The sum of a model. */
  public LoadTotals of(String fingerprint) {
    return models.stream()
        .filter(model -> model.fingerprint().equals(fingerprint))
        .map(Model::totals)
        .findFirst()
        .orElse(LoadTotals.NONE);
  }

  /** With more processes that are gone for good; those that are settled already change nothing. */
  public LeftLoads plus(Collection<LeftLoad> gone) {
    List<Model> sums = new ArrayList<>(models);
    List<String> done = new ArrayList<>(settled);
    for (LeftLoad one : gone) {
      if (!done.contains(one.process())) {
        done.add(one.process());
        add(sums, one.model(), one.totals());
      }
    }
    while (sums.size() > MOST_MODELS + 1) {
      Model eldest = sums.stream().filter(model -> !others(model)).findFirst().orElseThrow();
      sums.remove(eldest);
      add(sums, LoadBook.OTHER_MODELS, eldest.totals());
    }
    int more = Math.max(0, done.size() - MOST_SETTLED);
    return new LeftLoads(version + 1, sums, done.subList(more, done.size()));
  }

  private static boolean others(Model model) {
    return model.fingerprint().equals(LoadBook.OTHER_MODELS);
  }

  private static void add(List<Model> sums, String fingerprint, LoadTotals more) {
    Model before = new Model(fingerprint, LoadTotals.NONE);
    for (Model model : sums) {
      before = model.fingerprint().equals(fingerprint) ? model : before;
    }
    sums.remove(before);
    sums.add(before.plus(more));
  }
}
