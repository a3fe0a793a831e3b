package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.model.GateUse;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertList;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/** What is said about experts while the deployment runs, by calls of {@code Cluster}. */
public final class ExpertCalls {
  private final Parts parts;
  private final ModelFacts facts;
  private final ExpertMasks masks;
  private final Supplier<GateUse> gates;
  private final BookChanges changes;

  /**
   * What is asked and changed.
   *
   * @param gates that requests are routed by now
   * @param callable whether an expert of that index can be called from here now
   * @param mayWake requests of this router that may wake an added expert of that index
   */
  public record Parts(
      BookChanges changes,
      ModelFacts facts,
      ExpertMasks masks,
      Supplier<GateUse> gates,
      IntPredicate callable,
      IntUnaryOperator mayWake) {}

  public ExpertCalls(Parts parts) {
    this.parts = parts;
    this.facts = parts.facts();
    this.masks = parts.masks();
    this.gates = parts.gates();
    this.changes = parts.changes();
  }

  /**
   * Disables an expert for all, or enables it again.
   *
   * @throws AccessException if the caller may not, or too few would be left
   * @throws InvalidRequestException if there is no such expert
   */
  ExpertList set(String expert, boolean disabled) {
    masks.requireAdmin();
    int index = masks.require(expert);
    changes.make(book -> {
      List<Integer> others = new ArrayList<>(book.disabled());
      others.remove(Integer.valueOf(index));
      if (disabled) {
        others.add(index);
      }
      ExpertBook next = book.disabling(facts.fingerprint(), others);
      requireEnough(next);
      return next.disabled().equals(book.disabled()) ? book : next;
    });
    return list();
  }

  private void requireEnough(ExpertBook book) {
    try {
      gates.get().without(ExpertMask.of(book.disabled())).check();
    } catch (IllegalArgumentException e) {
      throw new AccessException(Status.FAILED_PRECONDITION, "expert: " + e.getMessage());
    }
  }

  ExpertList list() {
    ClusterView view = changes.grid().view();
    List<ExpertBook.Added> added = view.experts().addedTo(facts.fingerprint());
    ExpertList.Builder list = ExpertList.newBuilder().setGateVersion(gates.get().gates().version());
    for (int index = 0; index < facts.experts() + added.size(); index++) {
      list.addExperts(entry(view, added, index));
    }
    return list.build();
  }

  private ExpertEntry entry(ClusterView view, List<ExpertBook.Added> added, int index) {
    ExpertEntry.Builder entry =
        ExpertEntry.newBuilder()
            .setIndex(index)
            .setName(masks.name(index))
            .setDisabled(view.experts().disabled().contains(index))
            .setCallable(parts.callable().test(index));
    int more = index - facts.experts();
    if (more >= 0) {
      entry
          .setFingerprint(added.get(more).fingerprint())
          .setFolder(added.get(more).path())
          .setRequests(parts.mayWake().applyAsInt(index));
    }
    if (!facts.moeLayers().isEmpty()) {
      int unit = facts.units().with(added.size()).unitOf(facts.moeLayers().getFirst(), index);
      view.readyHolders(unit).stream().map(NodeInfo::id).forEach(entry::addReplicas);
    }
    return entry.build();
  }
}
