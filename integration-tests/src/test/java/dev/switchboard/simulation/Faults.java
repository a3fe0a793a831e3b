package dev.switchboard.simulation;

import dev.switchboard.cluster.NodeBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Does to a cluster what a seed says: kinds that the seed chooses, at moments that it draws. */
final class Faults {
  private static final long MOST_NANOS = 4 * World.SECOND;
  private static final long LONGEST_PAUSE = 900 * World.MILLI;
  private static final long HEARTBEAT_NANOS = 2 * World.SECOND;
  private static final int MOST_NODES = 7;
  private static final int MOST_ROUTERS = 3;

  private final World world;
  private final Cluster cluster;
  private final List<Fault> kinds = new ArrayList<>();
  private boolean over;
  private int begun;

  Faults(Cluster cluster) {
    this.cluster = cluster;
    this.world = cluster.world();
    for (Fault kind : Fault.values()) {
      if (world.chance(40)) {
        kinds.add(kind);
      }
    }
    if (kinds.isEmpty()) {
      kinds.add(Fault.NODE_KILLED);
    }
  }

  /** How many there were. */
  int begun() {
    return begun;
  }

  void begin() {
    world.note(() -> "faults: " + kinds);
    next();
  }

  private void next() {
    world.after(
        world.between(50 * World.MILLI, LONGEST_PAUSE),
        () -> {
          if (!over) {
            Fault kind = kinds.get(world.random().nextInt(kinds.size()));
            begun++;
            world.note(() -> "fault: " + kind);
            happens(kind, world.between(10 * World.MILLI, MOST_NANOS));
            next();
          }
        });
  }

  private void happens(Fault kind, long nanos) {
    switch (kind) {
      case NODE_KILLED -> killNode(nanos);
      case NODE_LEAVES -> some(nodes(), 2, NodeProcess::leave);
      case NODE_JOINS -> joinNode();
      case NODE_HANGS -> some(nodes(), 1, node -> hang(node, nanos));
      case NODE_SLOW -> forSome(nanos, node -> node.slowness(30), node -> node.slowness(1));
      case NODE_REFUSES -> forSome(nanos, node -> node.refuses(true), node -> node.refuses(false));
      case LOADS_FAIL ->
          forSome(nanos, node -> node.loadsFail(true), node -> node.loadsFail(false));
      case ROUTER_KILLED -> killRouter(nanos);
      case ROUTER_LEAVES -> some(routers(), 2, cluster::leave);
      case ROUTER_JOINS -> joinRouter();
      case ROUTER_HANGS -> some(routers(), 1, router -> hang(router, nanos));
      case CONNECTIONS_RESET -> some(nodes(), 1, this::reset);
      case BAD_WEATHER -> weather(nanos);
      case NETWORK_CUT -> cut(nanos);
      case GRID_SPLIT -> split(nanos);
      case GRID_CALLS_FAIL -> gridFails(nanos);
      case CLOCK_JUMPS -> jump();
      case NODE_MARKED -> mark();
      case REBALANCE_ASKED -> some(routers(), 1, Faults::wish);
    }
  }

  private List<NodeProcess> nodes() {
    return cluster.nodes().stream().filter(node -> !node.leaving()).toList();
  }

  private List<RouterProcess> routers() {
    return cluster.routers().stream().filter(router -> !router.leaving()).toList();
  }

  /** One of them, if there are so many. */
  private <T> void some(List<T> all, int least, Consumer<T> what) {
    if (all.size() >= least) {
      what.accept(all.get(world.random().nextInt(all.size())));
    }
  }

  private void forSome(long nanos, Consumer<NodeProcess> begin, Consumer<NodeProcess> end) {
    some(
        nodes(),
        1,
        node -> {
          world.note(() -> "... " + node.id() + " for " + nanos / World.MILLI + " ms");
          node.troubled(nanos);
          begin.accept(node);
          world.after(nanos, () -> end.accept(node));
        });
  }

  private void killNode(long nanos) {
    some(nodes(), 2, cluster::kill);
    if (world.chance(80)) {
      world.after(nanos, this::joinNode);
    }
  }

  private void joinNode() {
    if (cluster.nodes().size() < MOST_NODES && !over) {
      cluster.addNode();
    }
  }

  private void killRouter(long nanos) {
    some(routers(), world.chance(10) ? 1 : 2, cluster::kill);
    world.after(nanos / 2, this::joinRouter);
  }

  private void joinRouter() {
    if (cluster.routers().size() < MOST_ROUTERS && !over) {
      cluster.addRouter();
    }
  }

  private void hang(NodeProcess node, long nanos) {
    world.note(() -> "... " + node.id() + " for " + nanos / World.MILLI + " ms");
    node.troubled(nanos);
    node.process().stop(nanos);
    if (nanos > HEARTBEAT_NANOS) {
      world.after(HEARTBEAT_NANOS, () -> cluster.grids().putOut(node.grid()));
    }
  }

  /** A leader, perhaps: the others go on without it, and it wakes up and does not know. */
  private void hang(RouterProcess router, long nanos) {
    world.note(() -> "... " + router.process() + " for " + nanos / World.MILLI + " ms");
    router.troubled(nanos);
    router.process().stop(nanos);
    if (nanos > HEARTBEAT_NANOS) {
      cluster.troubled(2 * nanos);
      world.after(
          HEARTBEAT_NANOS,
          () -> {
            if (router.process().alive()) {
              cluster.grids().putOut(router.grid());
            }
          });
      mergeLater(nanos);
    }
  }

  private void reset(NodeProcess node) {
    node.troubled(0);
    cluster.streamsTo(node).forEach(NodeStream::reset);
  }

  private void weather(long nanos) {
    int kind = world.random().nextInt(5);
    Network.Weather bad =
        switch (kind) {
          case 0 -> new Network.Weather(50, 0, 0, false);
          case 1 -> new Network.Weather(0, 200, 0, false);
          case 2 -> new Network.Weather(0, 0, 200, false);
          case 3 -> new Network.Weather(0, 0, 200, true);
          default -> new Network.Weather(20, 100, 100, true);
        };
    world.note(() -> "... " + bad + " for " + nanos / World.MILLI + " ms");
    cluster.troubled(nanos);
    cluster.network().weather(bad);
    world.after(nanos, () -> cluster.network().weather(Network.Weather.FINE));
  }

  private void cut(long nanos) {
    some(
        routers(),
        1,
        router ->
            some(
                nodes(),
                1,
                node -> {
                  int way = world.random().nextInt(3);
                  world.note(() ->
                      "... %s and %s, way %d, for %d ms"
                          .formatted(router.process(), node.id(), way, nanos / World.MILLI));
                  node.troubled(nanos);
                  if (way != 1) {
                    cluster.network().cut(router.process(), node.process());
                  }
                  if (way != 2) {
                    cluster.network().cut(node.process(), router.process());
                  }
                  world.after(nanos, cluster.network()::heal);
                }));
  }

  /** Between some processes and the others; calls of the grid may be on their way meanwhile. */
  private void split(long nanos) {
    cluster.troubled(nanos + World.SECOND);
    List<String> second = new ArrayList<>();
    for (RouterProcess router : cluster.routers()) {
      if (world.chance(50)) {
        router.grid().side(1);
        second.add(router.process().name());
      }
    }
    for (NodeProcess node : cluster.nodes()) {
      if (world.chance(50)) {
        node.grid().side(1);
        second.add(node.id());
      }
    }
    if (world.chance(50)) {
      cluster.grids().slowSwaps(2 * nanos);
    }
    world.note(() -> "... for " + nanos / World.MILLI + " ms, elsewhere: " + second);
    cluster.grids().split();
    world.after(nanos, this::join);
  }

  private void join() {
    cluster.routers().forEach(router -> router.grid().side(0));
    cluster.nodes().forEach(node -> node.grid().side(0));
    mergeLater(0);
  }

  private void mergeLater(long nanos) {
    world.after(
        nanos + world.between(10 * World.MILLI, 2 * World.SECOND),
        () -> {
          cluster.grids().merge();
          cluster.grids().slowSwaps(0);
        });
  }

  private void gridFails(long nanos) {
    cluster.troubled(nanos);
    cluster.grids().failing(5 + world.random().nextInt(30));
    if (world.chance(30)) {
      cluster.grids().slowSwaps(World.SECOND);
    }
    world.after(
        nanos,
        () -> {
          cluster.grids().failing(0);
          cluster.grids().slowSwaps(0);
        });
  }

  private void jump() {
    long millis = world.between(-3_600_000, 3_600_000);
    if (world.chance(50)) {
      some(routers(), 1, router -> router.process().wallJumps(millis));
    } else {
      some(nodes(), 1, node -> node.process().wallJumps(millis));
    }
  }

  private void mark() {
    some(
        routers(),
        1,
        router ->
            some(
                nodes(),
                2,
                node -> {
                  NodeBook.Use use =
                      world.chance(50) ? NodeBook.Use.DRAINED : NodeBook.Use.CORDONED;
                  NodeBook.Mark mark = new NodeBook.Mark(use, "somebody", Instant.EPOCH, "");
                  Set<String> live =
                      cluster.nodes().stream().map(NodeProcess::id).collect(Collectors.toSet());
                  node.troubled(MOST_NANOS);
                  router.grid().changeNodes(book -> book.marking(node.id(), mark, live));
                }));
  }

  private static void wish(RouterProcess router) {
    router.grid().changeNodes(NodeBook::wishing);
  }

  /** Nothing happens any more, and what was broken is whole. */
  void end() {
    over = true;
    world.note(() -> "the faults are over");
    cluster.network().weather(Network.Weather.FINE);
    cluster.network().heal();
    cluster.grids().failing(0);
    for (NodeProcess node : cluster.nodes()) {
      node.process().goOn();
      node.slowness(1);
      node.refuses(false);
      node.loadsFail(false);
    }
    cluster.routers().forEach(router -> router.process().goOn());
    join();
    while (routers().isEmpty()) {
      cluster.addRouter();
    }
    while (nodes().size() < Math.max(2, cluster.replicas())) {
      cluster.addNode();
    }
    world.after(6 * World.SECOND, cluster.grids()::merge);
    world.after(7 * World.SECOND, this::unmark);
  }

  private void unmark() {
    for (NodeProcess node : nodes()) {
      some(routers(), 1, router -> router.grid().changeNodes(book -> book.unmarking(node.id())));
    }
  }
}
