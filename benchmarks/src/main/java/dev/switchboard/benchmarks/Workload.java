package dev.switchboard.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * What is read and written in one run, and how often.
 *
 * @param ids token ids, taken round and round: the prompt from the first on, generation from the
 *     one after it
 * @param prompt tokens of the prompt
 * @param generate tokens to generate
 * @param runs timed runs
 * @param warmup runs of the same shape go on untimed for at least as long
 */
@SuppressWarnings("ArrayRecordComponent") // read only, never compared
record Workload(int[] ids, int prompt, int generate, int runs, Duration warmup) {
  private static final int DRAWN = 4096;

  static Workload of(Optional<Path> idsFile, int vocabulary, ModelCommand.Sizes sizes) {
    int[] ids = idsFile.map(Workload::read).orElseGet(() -> drawn(vocabulary));
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new BenchException("token id " + id + ": the model's vocabulary has " + vocabulary);
      }
    }
    return new Workload(ids, sizes.prompt(), sizes.generate(), sizes.runs(), sizes.warmup());
  }

  private static int[] read(Path file) {
    try {
      int[] ids =
          Arrays.stream(Files.readString(file).strip().split("\\s+"))
              .mapToInt(Integer::parseInt)
              .toArray();
      return ids;
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

  int[] promptIds() {
    return from(0, prompt);
  }

  /** The ids that run number {@code run} reads one by one. */
  int[] generatedIds(int run) {
    return from(prompt + run * generate, generate);
  }

  private int[] from(int start, int count) {
    int[] taken = new int[count];
    for (int i = 0; i < count; i++) {
      taken[i] = ids[(start + i) % ids.length];
    }
    return taken;
  }
}
