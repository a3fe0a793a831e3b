package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.layer.RecurrentState;
import dev.switchboard.model.moe.ExpertRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The bits of a token's result depend on the model and its sequence alone: for every family, every
 * kind of rope and every stored form of weights.
 */
class MetamorphicTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

  /** More than two blocks of keys and values. */
  private static final int TOKENS = 71;

  /** Every family and stored form. */
  static List<Path> folders() throws IOException {
    return folders(false);
  }

  /** The same weights in another layout. */
  static List<Path> layouts() throws IOException {
    return folders(true);
  }

  private static List<Path> folders(boolean layouts) throws IOException {
    try (Stream<Path> files = Files.walk(GOLDEN, 3)) {
      return files
          .filter(file -> file.endsWith("config.json"))
          .map(Path::getParent)
          .filter(folder -> layouts == (folder.endsWith("fused") || folder.endsWith("sharded")))
          .sorted()
          .toList();
    }
  }

  /** A sequence, what it gave so far, and whom its tokens chose. */
  private static final class Reader implements AutoCloseable {
    final int[] tokens;
    final List<float[]> logits = new ArrayList<>();
    final List<Integer> choices = new ArrayList<>();
    SequenceState sequence;

    Reader(SequenceState sequence, int[] tokens) {
      this.sequence = sequence;
      this.tokens = tokens;
    }

    int left() {
      return tokens.length - (int) sequence.position();
    }

    StepSegment next(int count) {
      int at = (int) sequence.position();
      return new StepSegment(sequence, Arrays.copyOfRange(tokens, at, at + count), Logits.ALL);
    }

    void take(StepResult result, int segment) {
      assertThat(result.failures()).isEmpty();
      RoutingTrace trace = result.choices().get(segment);
      float[] all = result.logits()[segment];
      int vocabulary = all.length / trace.tokens();
      for (int t = 0; t < trace.tokens(); t++) {
        logits.add(Arrays.copyOfRange(all, t * vocabulary, (t + 1) * vocabulary));
      }
      Arrays.stream(trace.experts()).forEach(choices::add);
    }

    /** The last logits, choices and states are those of the other, bit by bit. */
    void assertEndsAs(Reader other, int layers) {
      int skipped = other.logits.size() - logits.size();
      for (int i = 0; i < logits.size(); i++) {
        int at = skipped + i;
        assertThat(Arrays.mismatch(logits.get(i), other.logits.get(at)))
            .as("first logit that differs behind token " + at)
            .isEqualTo(-1);
      }
      assertThat(choices)
          .isEqualTo(
              other.choices.subList(other.choices.size() - choices.size(), other.choices.size()));
      for (int i = 0; i < layers; i++) {
        if (sequence.mixer(i) instanceof RecurrentState mine) {
          RecurrentState theirs = (RecurrentState) other.sequence.mixer(i);
          assertThat(mine.recurrent()).as("state " + i).isEqualTo(theirs.recurrent());
          assertThat(mine.convolution()).as("inputs " + i).isEqualTo(theirs.convolution());
        }
      }
      assertThat(sequence.position()).isEqualTo(other.sequence.position());
    }

    @Override
    public void close() {
      sequence.close();
    }
  }

  /** A model with all its experts, and one pass over a prompt: what is to be met. */
  private static final class Subject implements AutoCloseable {
    final Model model;
    final Trunk trunk;
    final ExpertRunner experts;
    final ForwardPass pass;
    final int layers;
    private long ids;

    Subject(Path folder) {
      this.model = Model.open(folder);
      this.trunk = model.trunk();
      this.experts = model.localExperts();
      this.pass = new ForwardPass(trunk, experts);
      this.layers = trunk.plan().layers().size();
    }

    int[] tokens(long seed, int count) {
      return new Random(seed).ints(count, 0, trunk.vocabulary()).toArray();
    }

    Reader reader(int[] tokens) {
      return new Reader(trunk.newSequence(++ids, tokens.length), tokens);
    }

    Reader whole(int[] tokens) {
      Reader reader = reader(tokens);
      step(new int[] {tokens.length}, reader);
      return reader;
    }

    /** One step of some readers, in this order. */
    void step(int[] counts, Reader... readers) {
      List<StepSegment> segments = new ArrayList<>();
      for (int i = 0; i < readers.length; i++) {
        segments.add(readers[i].next(counts[i]));
      }
      StepResult result = pass.run(segments);
      for (int i = 0; i < readers.length; i++) {
        readers[i].take(result, i);
      }
    }

    @Override
    public void close() {
      model.close();
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void aPromptInChunksOrTokenByToken(Path folder) {
    try (Subject subject = new Subject(folder)) {
      int[] tokens = subject.tokens(1, TOKENS);
      try (Reader whole = subject.whole(tokens);
          Reader single = subject.reader(tokens);
          Reader chunked = subject.reader(tokens)) {
        while (single.left() > 0) {
          subject.step(new int[] {1}, single);
        }
        single.assertEndsAs(whole, subject.layers);
        Random random = new Random(5);
        while (chunked.left() > 0) {
          subject.step(new int[] {Math.min(chunked.left(), 1 + random.nextInt(20))}, chunked);
        }
        chunked.assertEndsAs(whole, subject.layers);
      }
    }
  }

  /** Others come, go, and change places with it; in the middle it is forked. */
  @ParameterizedTest
  @MethodSource("folders")
  void inAnyCompanyAndInAnyPlace(Path folder) {
    try (Subject subject = new Subject(folder)) {
      int[] tokens = subject.tokens(2, TOKENS);
      Random random = new Random(6);
      try (Reader alone = subject.whole(tokens);
          Reader moved = subject.reader(tokens)) {
        SequenceState left = null;
        while (moved.left() > 0) {
          int count = Math.min(moved.left(), 1 + random.nextInt(9));
          Reader before = subject.reader(subject.tokens(random.nextLong(), 7));
          Reader behind = subject.reader(subject.tokens(random.nextLong(), 3));
          switch (random.nextInt(3)) {
            case 0 -> subject.step(new int[] {7, count, 3}, before, moved, behind);
            case 1 -> subject.step(new int[] {count, 1, 2}, moved, behind, before);
            default -> subject.step(new int[] {5, 1, count}, before, behind, moved);
          }
          before.close();
          behind.close();
          if (left == null && moved.sequence.position() > TOKENS / 2) {
            left = moved.sequence;
            moved.sequence = left.fork(1_000_000);
            // What becomes of the original is no matter of the fork.
            int[] other = subject.tokens(9, 4);
            subject.pass.run(List.of(new StepSegment(left, other, Logits.NONE)));
            left.close();
          }
        }
        moved.assertEndsAs(alone, subject.layers);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("folders")
  void behindAPrefixThatOthersHaveRead(Path folder) {
    try (Subject subject = new Subject(folder)) {
      int[] tokens = subject.tokens(3, TOKENS);
      assertThat(subject.trunk.sharesPrefixes()).isEqualTo(!isRecurrent(subject));
      assumeTrue(subject.trunk.sharesPrefixes());
      try (Reader whole = subject.whole(tokens);
          Reader first = new Reader(subject.trunk.newSequence(50, tokens, "tenant"), tokens)) {
        assertThat(first.sequence.position()).isZero();
        subject.step(new int[] {TOKENS}, first);
        first.assertEndsAs(whole, subject.layers);
        try (Reader second = new Reader(subject.trunk.newSequence(51, tokens, "tenant"), tokens)) {
          assertThat(second.sequence.position()).isBetween(32L, TOKENS - 1L);
          while (second.left() > 0) {
            subject.step(new int[] {Math.min(second.left(), 4)}, second);
          }
          second.assertEndsAs(whole, subject.layers);
        }
        int[] other = tokens.clone();
        other[40] = (other[40] + 1) % subject.trunk.vocabulary();
        try (Reader branch = new Reader(subject.trunk.newSequence(52, other, "tenant"), other);
            Reader plain = subject.whole(other)) {
          assertThat(branch.sequence.position()).isEqualTo(32);
          subject.step(new int[] {branch.left()}, branch);
          branch.assertEndsAs(plain, subject.layers);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void inAnotherLayoutOfTheSameWeights(Path folder) {
    try (Subject subject = new Subject(folder);
        Subject parent = new Subject(folder.getParent())) {
      int[] tokens = subject.tokens(4, TOKENS);
      try (Reader expected = parent.whole(tokens);
          Reader actual = subject.whole(tokens)) {
        actual.assertEndsAs(expected, subject.layers);
      }
    }
  }

  private static boolean isRecurrent(Subject subject) {
    try (SequenceState sequence = subject.trunk.newSequence(99)) {
      for (int i = 0; i < subject.layers; i++) {
        if (sequence.mixer(i) instanceof RecurrentState) {
          return true;
        }
      }
    }
    return false;
  }
}
