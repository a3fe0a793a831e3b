package dev.switchboard.benchmarks;

import dev.switchboard.model.SequenceState;
import dev.switchboard.model.Trunk;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A sequence as it was once, to go on from again and again. */
sealed interface Kept extends AutoCloseable {
  /** An independent sequence that is there. */
  SequenceState again(long id);

  @Override
  void close();

  /** Where keys and values are: a fork shares them, and takes no memory of its own. */
  record Fork(SequenceState sequence, ExpertRunner experts) implements Kept {
    @Override
    public SequenceState again(long id) {
      experts.fork(sequence.id(), id);
      return sequence.fork(id);
    }

    @Override
    public void close() {
      sequence.close();
      experts.release(sequence.id());
    }
  }

  /** Where there are states alone: on disk, so that what is kept is not counted as memory. */
  record Saved(Path file, Trunk trunk, ExpertRunner experts) implements Kept {
    @Override
    public SequenceState again(long id) {
      SequenceSnapshot snapshot = SequenceSnapshot.read(file, Long.MAX_VALUE);
      SequenceState state = trunk.restore(id, snapshot, 0);
      experts.restore(id, snapshot.experts());
      return state;
    }

    @Override
    public void close() {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * Keeps what a sequence is now.
   *
   * @param read the tokens that it has read
   * @param forkId of a fork, if it takes one
   */
  static Kept of(
      Trunk trunk, ExpertRunner experts, SequenceState sequence, int[] read, long forkId) {
    if (trunk.kvCache().blockBytes() > 0) {
      experts.fork(sequence.id(), forkId);
      return new Fork(sequence.fork(forkId), experts);
    }
    try {
      Path file = Files.createTempFile("switchboard-bench", ".state");
      file.toFile().deleteOnExit();
      try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
        sequence.snapshot(read, experts.snapshot(sequence.id())).writeTo(out);
      }
      return new Saved(file, trunk, experts);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
