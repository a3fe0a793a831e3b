package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.settings.SettingsLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Real members on loopback, of one cluster with a name of its own, closed together. */
final class Grids implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private final String cluster = "test-" + UUID.randomUUID();
  private final List<HazelcastGrid> all = new ArrayList<>();

  GridSettings settings(String... join) {
    return GridSettings.defaults().withClusterName(cluster).withJoin(List.of(join));
  }

  HazelcastGrid router(String... join) {
    return add(HazelcastGrid.join(settings(join), Role.ROUTER));
  }

  /** A router that starts the cluster, with settings of its own. */
  HazelcastGrid routerWith(Map<String, String> flags) {
    GridSettings settings = SettingsLoader.of(Optional.empty(), Map.of(), flags).gridSettings();
    return add(HazelcastGrid.join(settings.withClusterName(cluster), Role.ROUTER));
  }

  HazelcastGrid node(String... join) {
    return add(HazelcastGrid.join(settings(join), Role.NODE));
  }

  HazelcastGrid add(HazelcastGrid grid) {
    all.add(grid);
    return grid;
  }

  /** Waits for a view, by its events. */
  static ClusterView await(Grid grid, Predicate<ClusterView> wanted) {
    CompletableFuture<ClusterView> found = new CompletableFuture<>();
    grid.onChange(view -> {
      if (wanted.test(view)) {
        found.complete(view);
      }
    });
    try {
      return found.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("not seen within " + PATIENCE + "; last view: " + grid.view(), e);
    }
  }

  @Override
  public void close() {
    for (HazelcastGrid grid : all.reversed()) {
      grid.close();
    }
  }
}
