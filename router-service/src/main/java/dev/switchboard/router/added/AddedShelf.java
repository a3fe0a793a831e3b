package dev.switchboard.router.added;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** Added experts as this router has them, read when they are first asked for. Thread-safe. */
public final class AddedShelf {
  private final ExpertFolder folder;
  private final Predicate<String> fetch;
  private final Map<String, AddedExpert> read = new ConcurrentHashMap<>();

  /**
   * @param fetch brings an expert into the folder from elsewhere; false if nobody has it
   */
  public AddedShelf(ExpertFolder folder, Predicate<String> fetch) {
    this.folder = folder;
    this.fetch = fetch;
  }

  public ExpertFolder folder() {
    return folder;
  }

  /**
   * An expert, from the folder, or from elsewhere.
   *
   * @throws CheckpointException if nobody has it, or it is not sound
   */
  AddedExpert get(ExpertBook.Added added) {
    return find(added.fingerprint())
        .or(() -> fetch.test(added.fingerprint()) ? find(added.fingerprint()) : Optional.empty())
        .orElseThrow(() ->
            new CheckpointException(
                "expert %s (%s) is not in the folder of this router, and no other router gives it"
                    .formatted(added.name(), added.fingerprint())));
  }

  /**
   * An expert of the folder.
   *
   * @throws CheckpointException if it is not sound
   */
  public Optional<AddedExpert> find(String fingerprint) {
    AddedExpert known = read.get(fingerprint);
    if (known == null && folder.has(fingerprint)) {
      known = folder.read(fingerprint);
      read.put(fingerprint, known);
    }
    return Optional.ofNullable(known);
  }

  /** Forgets what was read of an expert that has left; its files stay. */
  public void forget(String fingerprint) {
    read.remove(fingerprint);
  }
}
