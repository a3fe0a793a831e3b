package dev.switchboard.client.chaos;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What is done to the cluster. */
public enum FaultKind {
  /** A node's process is ended as by {@code kill -9}; another is started in its place. */
  NODE_KILLED(Where.NODE),
  /** The same, but no other is started before the nodes that are left hold everything again. */
  NODE_LOST(Where.NODE),
  /** A node does nothing for some seconds, and does not know it (SIGSTOP, SIGCONT). */
  NODE_HUNG(Where.NODE),
  /** A node gets a tenth of its time. */
  NODE_SLOW(Where.NODE),
  /** A node is asked to end (SIGTERM), and started again. */
  NODE_RESTARTED(Where.NODE),
  /** A node's heap is filled until there is no room; it has to end, and another is started. */
  NODE_OUT_OF_MEMORY(Where.NODE),
  /** A router's process is ended as by {@code kill -9}; another is started in its place. */
  ROUTER_KILLED(Where.ROUTER),
  /** The time of day jumps by up to an hour, at a router or node, and back. */
  CLOCK_JUMPED(Where.ANYWHERE),
  /** A router or node cannot write to any file, is ended, and started again without a free byte. */
  DISK_FULL(Where.ANYWHERE),
  /** A router is killed while a node is killed, hung, slow or cut off. */
  TWO_AT_ONCE(Where.ROUTER),
  /** Connections to a node are reset, in the middle of messages, again and again. */
  CONNECTION_RESET(Where.WIRE),
  /** One packet in twenty to or from a node is lost: what follows it waits for its repetition. */
  PACKETS_LOST(Where.WIRE),
  /** Nothing passes between routers and a node, and nobody is told. */
  PARTITIONED(Where.WIRE),
  /** Nothing comes to a node; what it sends arrives. */
  PARTITIONED_TO_NODE(Where.WIRE),
  /** Nothing comes from a node; what it is sent arrives. */
  PARTITIONED_FROM_NODE(Where.WIRE),
  /** Bits of messages to and from a node change. */
  CORRUPTED(Where.WIRE);

  /** Who, or what, it is done to. */
  private enum Where {
    NODE,
    ROUTER,
    ANYWHERE,
    /** What lies between routers and a node. */
    WIRE
  }

  /**
   * What faults can be done with.
   *
   * @param wires whether what lies between routers and nodes can be disturbed
   * @param interference whether processes can be made to believe what is not so
   */
  public record Means(boolean wires, int routers, int nodes, boolean interference) {}

  private static final Set<FaultKind> BY_NAME =
      Set.of(NODE_LOST, NODE_OUT_OF_MEMORY, CLOCK_JUMPED, DISK_FULL, TWO_AT_ONCE);

  private final Where where;

  FaultKind(Where where) {
    this.where = where;
  }

  /** Those that can be done. */
  public static List<FaultKind> possible(Means means) {
    return Stream.of(values()).filter(kind -> kind.impossible(means).isEmpty()).toList();
  }

  /** Those of them that are done unless others are asked for: long runs have shown them. */
  public static List<FaultKind> usual(Means means) {
    return possible(means).stream().filter(kind -> !BY_NAME.contains(kind)).toList();
  }

  /** Why it cannot be done; empty if it can. */
  public Optional<String> impossible(Means means) {
    if (where == Where.WIRE && !means.wires()) {
      return Optional.of("only with --same-host tcp there is something between routers and nodes");
    }
    if (where == Where.ROUTER && means.routers() < 2) {
      return Optional.of("that takes two routers or more");
    }
    if (this == NODE_LOST && means.nodes() < 2) {
      return Optional.of("that takes two nodes or more");
    }
    if (interferes() && !means.interference()) {
      return Optional.of("that takes Linux and a C compiler (cc)");
    }
    return Optional.empty();
  }

  /** Whether processes have to be made to believe what is not so. */
  boolean interferes() {
    return where == Where.ANYWHERE;
  }

  /**
   * Of how many its victim is one, numbered from 0: nodes, or routers, or nodes and then routers.
   */
  int victims(Means means) {
    return switch (where) {
      case NODE, WIRE -> means.nodes();
      case ROUTER -> means.routers();
      case ANYWHERE -> means.nodes() + means.routers();
    };
  }

  /** Whether a router's process may be ended. */
  boolean mayEndRouter() {
    return where == Where.ROUTER || where == Where.ANYWHERE;
  }

  /** Whether its victims are routers alone. */
  boolean ofRouter() {
    return where == Where.ROUTER;
  }

  /** As options and reports name it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
