package dev.switchboard.router.cli;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.ModelSizes;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Memory that the processes of a cluster take for a model, with one copy of each expert. Beside it
 * a router keeps keys and values, as far as {@code router.kvCacheBytes} lets it.
 *
 * @param nodes expert nodes
 * @param nodeBytes of the node that holds most
 * @param routerBytes of a router whose experts are on nodes
 * @param inProcessBytes of a router that runs the experts itself
 */
record MemoryNeed(int nodes, long nodeBytes, long routerBytes, long inProcessBytes) {
  /** Resident memory of a node and of a router beside their weights: rough figures. */
  static final long NODE_PROCESS_BYTES = 120L << 20;

  static final long ROUTER_PROCESS_BYTES = 320L << 20;

  static MemoryNeed of(ModelSizes sizes, ExpertUnits units, int nodes) {
    List<Long> falling =
        IntStream.range(0, units.count())
            .mapToObj(unit ->
                units.members(unit).stream()
                    .mapToLong(member ->
                        Objects.requireNonNull(sizes.experts().get(member.layer())).bytes())
                    .sum())
            .sorted(Comparator.reverseOrder())
            .toList();
    long perNode = Math.ceilDiv(units.count(), nodes);
    long most = falling.stream().limit(perNode).mapToLong(bytes -> bytes).sum();
    long all = falling.stream().mapToLong(bytes -> bytes).sum();
    return new MemoryNeed(
        nodes,
        NODE_PROCESS_BYTES + most,
        ROUTER_PROCESS_BYTES + sizes.trunk().bytes(),
        ROUTER_PROCESS_BYTES + sizes.trunk().bytes() + all);
  }
}
