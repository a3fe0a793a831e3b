package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.model.GateUse;
import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertList;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** What is said about experts while the deployment runs, by calls of {@code Cluster}. */
public final class ExpertCalls {
  private static final long GRID_SECONDS = 10;

  private final Grid grid;
  private final ModelFacts facts;
  private final ExpertMasks masks;
  private final Supplier<GateUse> gates;

  /**
   * @param gates that requests are routed by now
   */
  public ExpertCalls(Grid grid, ModelFacts facts, ExpertMasks masks, Supplier<GateUse> gates) {
    this.grid = grid;
    this.facts = facts;
    this.masks = masks;
    this.gates = gates;
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
    change(book -> {
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
    ClusterView view = grid.view();
    ExpertBook book = view.experts();
    ExpertUnits units = facts.units().with(book.added().size());
    ExpertList.Builder list = ExpertList.newBuilder().setGateVersion(gates.get().gates().version());
    for (int index = 0; index < facts.experts() + book.added().size(); index++) {
      ExpertEntry.Builder entry =
          ExpertEntry.newBuilder()
              .setIndex(index)
              .setName(masks.name(index))
              .setDisabled(book.disabled().contains(index));
      book.expert(index)
          .ifPresent(added -> entry.setFingerprint(added.fingerprint()).setFolder(added.path()));
      if (!facts.moeLayers().isEmpty()) {
        int unit = units.unitOf(facts.moeLayers().getFirst(), index);
        view.readyHolders(unit).stream().map(NodeInfo::id).forEach(entry::addReplicas);
      }
      list.addExperts(entry);
    }
    return list.build();
  }

  private ExpertBook change(UnaryOperator<ExpertBook> change) {
    CompletionStage<ExpertBook> made = grid.changeExperts(change);
    try {
      return made.toCompletableFuture().get(GRID_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new AccessException(Status.UNAVAILABLE, "the grid: " + e.getCause());
    } catch (TimeoutException e) {
      throw new AccessException(
          Status.UNAVAILABLE, "the grid did not answer within %d s".formatted(GRID_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AccessException(Status.UNAVAILABLE, "this router is stopping");
    }
  }
}
