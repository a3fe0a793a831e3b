package dev.switchboard.router.api;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.gates.GateChange.By;
import dev.switchboard.proto.v1.RemoveExpertReply;
import dev.switchboard.proto.v1.RemoveExpertRequest;
import dev.switchboard.router.gates.GateDesk;
import io.grpc.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How an expert that was added leaves: gates that choose it are rolled back, nobody may wake it
 * from now on, and when no request is left that began before, it leaves the placement. Each call
 * does what can be done now.
 */
public final class ExpertRemoval {
  private final ExpertCalls calls;
  private final ExpertMasks masks;
  private final ModelFacts facts;
  private final Grid grid;
  private final BookChanges changes;
  private final OtherRouters others;
  private final Optional<GateDesk> desk;

  /**
   * @param router id of this one
   * @param desk empty: nothing can be added here
   */
  public ExpertRemoval(
      ExpertCalls calls, ExpertCalls.Parts parts, String router, Optional<GateDesk> desk) {
    this.calls = calls;
    this.masks = parts.masks();
    this.facts = parts.facts();
    this.changes = parts.changes();
    this.grid = changes.grid();
    this.others = new OtherRouters(grid, router);
    this.desk = desk;
  }

  /**
   * @throws AccessException if the caller may not, or it cannot leave before another
   * @throws InvalidRequestException if there is no such expert, or it is the model's own
   */
  RemoveExpertReply remove(RemoveExpertRequest request) {
    masks.requireAdmin();
    GateDesk open =
        desk.orElseThrow(() ->
            new AccessException(
                Status.FAILED_PRECONDITION,
                "experts are not removed at this router: router.gates is not set"));
    ExpertBook.Added leaving = leaving(request.getExpert());
    String why = "expert %s is removed".formatted(leaving.name());
    open.takeBack(leaving.index(), new By(request.getWho(), Instant.now(), why));
    boolean told = grid.view().experts().disabled().contains(leaving.index());
    if (!told) {
      changes.make(book -> disabled(book, leaving));
    }
    // Whoever chose its experts just before this call is counted at the next.
    Optional<String> waiting =
        told
            ? OtherRouters.need(calls.list(), leaving).or(() -> others.need(leaving))
            : Optional.of("requests that have just begun");
    if (waiting.isEmpty()) {
      changes.make(book -> without(book, leaving));
    }
    return RemoveExpertReply.newBuilder()
        .setWaiting(waiting.orElse(""))
        .setExperts(calls.list())
        .build();
  }

  private ExpertBook.Added leaving(String expert) {
    int index = masks.require(expert);
    List<ExpertBook.Added> added = grid.view().experts().addedTo(facts.fingerprint());
    if (index < facts.experts()) {
      throw new InvalidRequestException(
          "expert: %s is one of the model's own; `expert disable` keeps it from being woken"
              .formatted(masks.name(index)));
    }
    if (added.isEmpty()) {
      throw new InvalidRequestException("expert: nothing was added to this model");
    }
    ExpertBook.Added last = added.getLast();
    if (last.index() != index) {
      throw new AccessException(
          Status.FAILED_PRECONDITION,
          "expert: %s was added after %s, and has to be removed before it"
              .formatted(last.name(), masks.name(index)));
    }
    return last;
  }

  private ExpertBook disabled(ExpertBook book, ExpertBook.Added leaving) {
    requireThere(book, leaving);
    List<Integer> experts = new ArrayList<>(book.disabled());
    experts.add(leaving.index());
    return book.disabling(facts.fingerprint(), experts);
  }

  private static ExpertBook without(ExpertBook book, ExpertBook.Added leaving) {
    requireThere(book, leaving);
    if (!book.disabled().contains(leaving.index())) {
      throw new AccessException(
          Status.ABORTED, "expert: %s was enabled meanwhile".formatted(leaving.name()));
    }
    return book.withoutLast();
  }

  private static void requireThere(ExpertBook book, ExpertBook.Added leaving) {
    if (book.added().isEmpty() || !book.added().getLast().equals(leaving)) {
      throw new AccessException(
          Status.ABORTED, "expert: others have changed the experts meanwhile");
    }
  }
}
