package dev.switchboard.router.api;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.Grid;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ExpertEntry;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.router.added.AddedShelf;
import dev.switchboard.router.added.ClusterAdditions;
import dev.switchboard.router.added.ExpertFiles;
import dev.switchboard.router.added.ExpertReceipt;
import dev.switchboard.router.files.FileGiver;
import dev.switchboard.router.gates.GateDesk;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How an expert comes to the model while the deployment runs. */
public final class ExpertIntake {
  private final ExpertCalls calls;
  private final ExpertMasks masks;
  private final ModelFacts facts;
  private final Grid grid;
  private final BookChanges changes;
  private final Optional<Room> room;

  /**
   * Where it goes.
   *
   * @param model that it must belong to
   * @param limits of what is taken
   */
  public record Room(
      Model model,
      GateDesk desk,
      AddedShelf shelf,
      ClusterAdditions additions,
      ExpertReceipt.Limits limits) {}

  /**
   * @param room empty: nothing can be added here
   */
  public ExpertIntake(ExpertCalls calls, ExpertCalls.Parts parts, Optional<Room> room) {
    this.calls = calls;
    this.masks = parts.masks();
    this.facts = parts.facts();
    this.changes = parts.changes();
    this.grid = changes.grid();
    this.room = room;
  }

  /**
   * Begins to take an expert.
   *
   * @throws AccessException if the caller may not, or none can be added here
   */
  ExpertReceipt begin() {
    masks.requireAdmin();
    Room open = room();
    return new ExpertReceipt(open.shelf().folder(), open.limits());
  }

  private Room room() {
    return room.orElseThrow(() ->
        new AccessException(
            Status.FAILED_PRECONDITION,
            "experts are not added at this router: it needs expert nodes, and a folder"
                + " (router.gates); one that runs its experts itself begins with --added-expert"));
  }

  /**
   * All of it has come.
   *
   * @throws dev.switchboard.model.checkpoint.CheckpointException if it is not sound, or does not
   *     belong to the model
   * @throws InvalidRequestException if its name would be taken for an index
   * @throws AccessException if the grid does not answer
   */
  AddExpertReply finish(ExpertReceipt receipt) {
    Room open = room();
    AddedExpert come = receipt.read();
    if (come.name().matches("[0-9]+")) {
      throw new InvalidRequestException(
          "expert: it is called %s, which would be taken for an index".formatted(come.name()));
    }
    GateArtifact gate = come.gate();
    requireFits(open, come, gate);
    AddedExpert kept = receipt.keep(come);
    ExpertBook.Added added =
        new ExpertBook.Added(
            kept.name(), kept.index(), kept.fingerprint(), kept.source().toString());
    open.desk().keep(gate);
    changes.make(book -> with(book, added));
    ExpertEntry entry =
        calls.list().getExpertsList().stream()
            .filter(known -> known.getFingerprint().equals(added.fingerprint()))
            .findFirst()
            .orElse(ExpertEntry.newBuilder().setIndex(added.index()).setName(added.name()).build());
    return AddExpertReply.newBuilder().setExpert(entry).setGateVersion(gate.version()).build();
  }

  private void requireFits(Room open, AddedExpert come, GateArtifact gate) {
    List<ExpertBook.Added> known = grid.view().experts().addedTo(facts.fingerprint());
    boolean again =
        known.stream().anyMatch(added -> added.fingerprint().equals(come.fingerprint()));
    int before = again ? come.index() - facts.experts() : known.size();
    List<AddedExpert> all = new ArrayList<>(open.additions().first(before));
    all.add(come);
    open.model().gates(all, gate);
  }

  private ExpertBook with(ExpertBook book, ExpertBook.Added added) {
    List<ExpertBook.Added> known = book.addedTo(facts.fingerprint());
    if (known.stream().anyMatch(other -> other.fingerprint().equals(added.fingerprint()))) {
      return book;
    }
    if (added.index() != facts.experts() + known.size()) {
      throw new AccessException(
          Status.ABORTED, "expert: others have changed the experts meanwhile");
    }
    ExpertBook own = known.isEmpty() && !book.added().isEmpty() ? emptied(book) : book;
    return own.with(facts.fingerprint(), added);
  }

  /** What was added to another model is of no use to this one. */
  private static ExpertBook emptied(ExpertBook book) {
    return new ExpertBook(book.epoch(), book.model(), List.of(), book.disabled());
  }

  /**
   * The files of an expert that was ever added, as they are: whoever asks for them checks them.
   *
   * @throws InvalidRequestException if it is not here
   */
  List<FileGiver.Source<ExpertPart>> files(String fingerprint) {
    return room.flatMap(open -> open.shelf().folder().find(fingerprint))
        .map(ExpertFiles::of)
        .orElseThrow(
            () -> new InvalidRequestException("fingerprint: there is no expert " + fingerprint));
  }
}
