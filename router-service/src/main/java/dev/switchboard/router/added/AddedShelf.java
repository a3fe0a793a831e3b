package dev.switchboard.router.added;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.router.files.VersionFolder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The cluster's added experts as this router has them, read when they are first asked for and let
 * go when they have left. Thread-safe.
 */
public final class AddedShelf {
  private final VersionFolder<AddedExpert> folder;
  private final Predicate<String> fetch;
  private final Supplier<List<ExpertBook.Added>> added;
  private final Map<String, Shelved> read = new ConcurrentHashMap<>();

  private record Shelved(AddedExpert expert, WeightTable weights) {}

  /**
   * @param fetch brings an expert into the folder from elsewhere; false if nobody has it
   * @param added to the model now
   */
  public AddedShelf(
      VersionFolder<AddedExpert> folder,
      Predicate<String> fetch,
      Supplier<List<ExpertBook.Added>> added) {
    this.folder = folder;
    this.fetch = fetch;
    this.added = added;
  }

  public VersionFolder<AddedExpert> folder() {
    return folder;
  }

  /**
   * An expert, from the folder, or from elsewhere.
   *
   * @throws CheckpointException if nobody has it, or it is not sound
   */
  AddedExpert get(ExpertBook.Added wanted) {
    String fingerprint = wanted.fingerprint();
    return find(fingerprint)
        .or(() -> fetch.test(fingerprint) ? find(fingerprint) : Optional.empty())
        .map(Shelved::expert)
        .orElseThrow(() ->
            new CheckpointException(
                "expert %s (%s) is not in the folder of this router, and no other router gives it"
                    .formatted(wanted.name(), fingerprint)));
  }

  /**
   * What nodes are given of an expert; empty if it is not among the added ones, or not in the
   * folder.
   *
   * @throws CheckpointException if it is not sound
   */
  public Optional<WeightTable> weights(String fingerprint) {
    return has(added.get(), fingerprint)
        ? find(fingerprint).map(Shelved::weights)
        : Optional.empty();
  }

  /** Whether an expert is in the folder, or was brought there just now. */
  public boolean brings(String fingerprint) {
    return folder.has(fingerprint) || fetch.test(fingerprint);
  }

  private static boolean has(List<ExpertBook.Added> book, String fingerprint) {
    return book.stream().anyMatch(expert -> expert.fingerprint().equals(fingerprint));
  }

  private Optional<Shelved> find(String fingerprint) {
    return read.containsKey(fingerprint) || folder.has(fingerprint)
        ? Optional.of(read.computeIfAbsent(fingerprint, this::read))
        : Optional.empty();
  }

  private Shelved read(String fingerprint) {
    AddedExpert expert = folder.read(fingerprint);
    return new Shelved(
        expert,
        WeightTables.of(
            fingerprint, expert.name(), expert.config().toString(), expert.tensors().values()));
  }

  /** Lets go of what was read of experts that have left; their files stay. */
  public void retainAdded() {
    List<ExpertBook.Added> book = added.get();
    read.keySet().removeIf(fingerprint -> !has(book, fingerprint));
  }
}
