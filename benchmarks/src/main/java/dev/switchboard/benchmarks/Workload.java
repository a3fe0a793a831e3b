package dev.switchboard.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What is read and written in one run.
 *
 * @param ids token ids, taken round and round: the prompt from the first on, generation from the
 *     one after it
 * @param streams sequences that generate at once
 */
@SuppressWarnings("ArrayRecordComponent") // read only, never compared
record Workload(int[] ids, Sizes sizes, int streams) {
  private static final int DRAWN = 4096;
  private static final int BLOCK_TOKENS = 32;

  static Workload of(Optional<Path> idsFile, int vocabulary, Sizes sizes) {
    return new Workload(ids(idsFile, vocabulary), sizes, 1);
  }

  /** Those of the file, or random ones. */
  static int[] ids(Optional<Path> idsFile, int vocabulary) {
    int[] ids = idsFile.map(Workload::read).orElseGet(() -> drawn(vocabulary));
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new BenchException("token id " + id + ": the model's vocabulary has " + vocabulary);
      }
    }
    return ids;
  }

  /** The same for several sequences at once. */
  Workload withStreams(int count) {
    return new Workload(ids, sizes, count);
  }

  private static int[] read(Path file) {
    try {
      return Arrays.stream(Files.readString(file).strip().split("\\s+"))
          .mapToInt(Integer::parseInt)
          .toArray();
    } catch (IOException e) {
      throw new BenchException("cannot read the token ids of " + file + ": " + e.getMessage());
    } catch (NumberFormatException e) {
      throw new BenchException(file + " should hold token ids only: " + e.getMessage());
    }
  }

  private static int[] drawn(int vocabulary) {
    SplittableRandom random = new SplittableRandom(7);
    return random.ints(DRAWN, Math.min(300, vocabulary / 2), vocabulary).toArray();
  }

  /** Tokens of all sequences that run at once, at the most; whole blocks of keys and values. */
  long mostTokens() {
    int prompt = sizes.prompt() + 1;
    int generation = sizes.beforeGeneration() + sizes.runs() * sizes.generate() + 1;
    return (long) streams * (Math.max(prompt, generation) / BLOCK_TOKENS + 1) * BLOCK_TOKENS;
  }

  int[] promptIds() {
    return from(0, sizes.prompt());
  }

  /** The ids that a sequence reads before it generates. */
  int[] earlierIds() {
    return from(0, sizes.beforeGeneration());
  }

  /**
   * The ids that run number {@code run} of a stream reads one by one; those of other streams stand
   * elsewhere in the file.
   */
  int[] generatedIds(int stream, int run) {
    long start = sizes.prompt() + (long) (stream * sizes.runs() + run) * sizes.generate();
    return from((int) (start % ids.length), sizes.generate());
  }

  private int[] from(int start, int count) {
    int[] taken = new int[count];
    for (int i = 0; i < count; i++) {
      taken[i] = ids[(start + i) % ids.length];
    }
    return taken;
  }
}
