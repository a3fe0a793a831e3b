package dev.switchboard.router.dispatch;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One link a node of the view. The table of who can be sent what is made anew when the view or a
 * link changes, off the path of a token, and swapped whole.
 */
public final class NodeLinks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeLinks.class);

  private final String model;
  private final ExpertUnits own;
  private final LinkSettings settings;
  private final LinkWiring wiring;
  private final ReplyInbox inbox = new ReplyInbox();
  private final Map<String, NodeLink> links = new TreeMap<>();
  private List<NodeInfo> nodes = List.of();
  private List<ExpertBook.Added> added = List.of();
  private Reach reach = Reach.NONE;
  private String others = "";
  private volatile LongConsumer onReached = epoch -> {};
  private long reached;
  private int nextNumber;
  private boolean closed;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile ReplicaTable table;
  private volatile boolean onLanes;
  private volatile int threadsHere;
  private final LinkBreaks breaks = new LinkBreaks();

  /**
   * @param model fingerprint; nodes of another are left alone
   * @param own the model's own experts, as they are placed
   * @param wiring closed with the links
   */
  NodeLinks(String model, ExpertUnits own, LinkSettings settings, LinkWiring wiring) {
    this.model = model;
    this.own = own;
    this.settings = settings;
    this.wiring = wiring;
    this.table = buildTable();
  }

  ReplyInbox inbox() {
    return inbox;
  }

  /** How often streams to nodes broke. */
  public LinkBreaks breaks() {
    return breaks;
  }

  /** Whether every node that can be sent to has a lane: only then are lanes used. */
  boolean onLanes() {
    return onLanes;
  }

  /** Threads of this host that nodes compute with, as far as they are known. */
  int threadsHere() {
    return threadsHere;
  }

  ReplicaTable table() {
    return table;
  }

  /** Whether an expert can be sent to in every layer that has experts. */
  public boolean callable(int expert) {
    ReplicaTable now = table;
    return now.units().layers().stream()
        .allMatch(layer -> now.nodes(layer.layer(), expert).length > 0);
  }

  /** Whether every expert of the model's own has a node that can be sent to. */
  public boolean complete() {
    return table.complete();
  }

  /** Done once {@link #complete} has been true for the first time. */
  public CompletionStage<Void> ready() {
    return ready;
  }

  /** How batches go to each node that can be sent to now, by the node's id. */
  public synchronized Map<String, HopWay> ways() {
    Map<String, HopWay> ways = new TreeMap<>();
    links.forEach((id, link) -> {
      if (link.ready()) {
        ways.put(id, onLanes && link.hasLane() ? HopWay.LANE : link.streamWay());
      }
    });
    return ways;
  }

  /** A channel to the node, if there is a link; for calls beside the stream. */
  public synchronized Optional<Channel> channel(String nodeId) {
    return Optional.ofNullable(links.get(nodeId)).map(NodeLink::channel);
  }

  /** Version of the protocol that is spoken with a node; 0 if it has not greeted. */
  public synchronized int protocol(String nodeId) {
    NodeLink link = links.get(nodeId);
    return link == null ? 0 : link.protocol();
  }

  /** Why the node cannot be sent to now; empty if it can or is unknown. */
  public synchronized Optional<String> problem(String nodeId) {
    return Optional.ofNullable(links.get(nodeId)).flatMap(NodeLink::problem);
  }

  /** Takes a new view: links to newcomers are opened, those to nodes that left are closed. */
  public void update(ClusterView view) {
    List<NodeLink> gone = new ArrayList<>();
    List<NodeLink> come = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      nodes = view.nodes().stream().filter(this::serves).toList();
      added = view.experts().addedTo(model);
      reach = Reach.of(view, model);
      others = view.others().nodesInWords();
      List<String> ids = nodes.stream().map(NodeInfo::id).toList();
      for (String id : List.copyOf(links.keySet())) {
        if (!ids.contains(id)) {
          gone.add(links.remove(id));
        }
      }
      for (NodeInfo node : nodes) {
        if (!links.containsKey(node.id())) {
          NodeLink link = newLink(node);
          links.put(node.id(), link);
          come.add(link);
        }
      }
      table = buildTable();
    }
    // Outside the lock: both call back.
    gone.forEach(NodeLink::close);
    come.forEach(NodeLink::open);
    sayIfComplete();
  }

  private boolean serves(NodeInfo node) {
    return node.model().equals(model)
        && (node.state() == NodeState.READY || node.state() == NodeState.DRAINING);
  }

  private NodeLink newLink(NodeInfo node) {
    LOG.debug("link to node {} at {}", node.id(), node.address());
    return new NodeLink(
        nextNumber++,
        node,
        wiring.channels(node),
        settings,
        new LinkContext(
            inbox, link -> rebuild(), wiring.timer(), wiring.opener(), wiring.lanes(), breaks));
  }

  private void rebuild() {
    synchronized (this) {
      table = buildTable();
    }
    sayIfComplete();
  }

  /**
   * Tells from now on of every placement whose holders can all be sent to.
   *
   * @param listener given its epoch; on one thread
   */
  public void onReached(LongConsumer listener) {
    synchronized (this) {
      onReached = listener;
      reached = 0;
    }
    sayReached();
  }

  /** On a thread of its own: whoever is told may come back with a new view. */
  private void sayReached() {
    try {
      wiring.timer().execute(() -> newlyReached().ifPresent(epoch -> onReached.accept(epoch)));
    } catch (RejectedExecutionException closing) {
      LOG.debug("nobody is told any more who can be sent to");
    }
  }

  private synchronized OptionalLong newlyReached() {
    OptionalLong epoch = reach.epoch(this::sendable);
    if (epoch.isEmpty() || epoch.getAsLong() == reached) {
      return OptionalLong.empty();
    }
    reached = epoch.getAsLong();
    return epoch;
  }

  private boolean sendable(String id) {
    NodeLink link = links.get(id);
    return link != null && link.problem().isEmpty();
  }

  private void sayIfComplete() {
    sayReached();
    if (table.complete()) {
      ready.complete(null);
    }
  }

  private ReplicaTable buildTable() {
    ExpertUnits all = own.with(added.size());
    int units = all.count();
    List<List<Integer>> ready = new ArrayList<>();
    for (int unit = 0; unit < units; unit++) {
      ready.add(new ArrayList<>());
    }
    Map<Integer, NodeLink> byNumber = new HashMap<>();
    Map<Integer, List<String>> problems = new HashMap<>();
    for (NodeInfo node : nodes) {
      NodeLink link = links.get(node.id());
      if (link == null) {
        continue;
      }
      byNumber.put(link.number(), link);
      Optional<String> problem = link.problem();
      for (int unit : node.heldUnits()) {
        if (unit < 0 || unit >= units) {
          continue;
        }
        if (problem.isEmpty()) {
          ready.get(unit).add(link.number());
        } else {
          problems
              .computeIfAbsent(unit, u -> new ArrayList<>())
              .add("node " + node.id() + " at " + node.address() + ": " + problem.get());
        }
      }
    }
    int[][] byUnit = new int[units][];
    for (int unit = 0; unit < units; unit++) {
      byUnit[unit] = ready.get(unit).stream().mapToInt(n -> n).sorted().toArray();
    }
    onLanes = !byNumber.isEmpty() && byNumber.values().stream().allMatch(NodeLinks::laneOrIdle);
    threadsHere = byNumber.values().stream().mapToInt(NodeLink::threadsHere).sum();
    Map<Integer, String> fingerprints =
        added.stream()
            .collect(Collectors.toMap(ExpertBook.Added::index, ExpertBook.Added::fingerprint));
    return new ReplicaTable(all, fingerprints, byUnit, Map.copyOf(byNumber), problems, others);
  }

  private static boolean laneOrIdle(NodeLink link) {
    return link.hasLane() || !link.ready();
  }

  @Override
  public void close() {
    List<NodeLink> all;
    synchronized (this) {
      closed = true;
      all = List.copyOf(links.values());
      links.clear();
      nodes = List.of();
      table = buildTable();
    }
    all.forEach(NodeLink::close);
    wiring.close();
  }
}
