package dev.switchboard.benchmarks;

import dev.switchboard.benchmarks.BookReading.Resumed;
import dev.switchboard.client.StreamedRequest;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.PrivateCluster;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.Sampling;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A book read three ways, each in a cluster of its own that knows nothing of the others. */
final class BookRun {
  private static final Duration START = Duration.ofMinutes(10);
  private static final String SESSION = "book";
  private static final String PROMPT = "\nAnd";
  private static final float TEMPERATURE = 0.8f;

  /**
   * @param folder for states
   * @param tokens of each text
   * @param timeout of one request
   */
  record Plan(Path book, Path folder, int tokens, long seed, Duration timeout) {}

  /**
   * All that was done.
   *
   * @param stateBytes of the state behind the book, as it was saved
   */
  record Readings(List<BookReading> all, long bookBytes, long stateBytes) {
    Readings {
      all = List.copyOf(all);
    }
  }

  private final Plan plan;
  private final ClusterSpec spec;
  private final Consumer<String> progress;
  private final Path state;

  /**
   * @param progress is told how far it is
   */
  BookRun(Plan plan, ClusterSpec spec, Consumer<String> progress) {
    this.plan = plan;
    this.spec = spec;
    this.progress = progress;
    this.state = plan.folder().resolve("book.state");
  }

  Readings all() {
    BookReading undisturbed = cluster(this::undisturbed);
    BookReading killed = cluster(cluster -> killed(cluster, undisturbed.tokens()));
    BookReading loaded = cluster(cluster -> loaded(cluster, undisturbed.tokens()));
    return new Readings(List.of(undisturbed, killed, loaded), size(plan.book()), size(state));
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new BenchException("cannot read " + file + ": " + e);
    }
  }

  private interface Work {
    BookReading in(PrivateCluster cluster);
  }

  private BookReading cluster(Work work) {
    LaunchFiles files = LaunchFiles.of(System.getenv());
    try (PrivateCluster cluster =
        PrivateCluster.start(spec, files, START, PrivateCluster.Stop.KILL)) {
      try {
        return work.in(cluster);
      } catch (RuntimeException e) {
        cluster.keepLogs();
        progress.accept("logs: " + cluster.logs());
        throw e;
      }
    }
  }

  private BookReading undisturbed(PrivateCluster cluster) {
    BookCurve curve = new BookCurve("undisturbed", cluster, progress);
    Patience patience = new Patience(progress);
    try (SwitchboardClient client = SwitchboardClient.connect(cluster.router(0))) {
      GenerateRequest turn = firstTurn().setSaveState(true).build();
      BookAnswer first =
          patience.ask(
              () -> stream(client, turn, curve, Optional.of(state)),
              () -> again(client, turn, curve, Optional.of(state)));
      List<BookAnswer> texts = texts(client, patience);
      return new BookReading(
          curve.name(),
          curve.all(),
          first.firstToken() - curve.begun(),
          curve.looks(),
          first.ids(),
          Optional.empty(),
          patience.repeats(),
          texts);
    }
  }

  private BookReading killed(PrivateCluster cluster, long tokens) {
    BookCurve curve = new BookCurve("killed half-way", cluster, progress);
    Patience patience = new Patience(progress);
    GenerateRequest turn = firstTurn().build();
    long killedAt = readHalf(cluster, turn, curve, tokens / 2);
    curve.reader(1);
    try (SwitchboardClient client = SwitchboardClient.connect(cluster.router(1))) {
      BookAnswer first = patience.ask(() -> again(client, turn, curve, Optional.empty()));
      List<BookAnswer> texts = texts(client, patience);
      return new BookReading(
          curve.name(),
          tokens,
          first.firstToken() - curve.begun(),
          curve.looks(),
          first.ids(),
          Optional.of(new Resumed(killedAt, first.place(), first.firstTokenNanos())),
          patience.repeats(),
          texts);
    }
  }

  /** Returns how much the first router had read when it was killed. */
  private long readHalf(PrivateCluster cluster, GenerateRequest turn, BookCurve curve, long half) {
    Patience patience = new Patience(progress).until(() -> curve.tokens() >= half);
    BookAnswer.Watch watch =
        (read, all) -> {
          curve.read(read, all);
          if (read >= half) {
            cluster.killRouter(0);
          }
        };
    try (SwitchboardClient client = SwitchboardClient.connect(cluster.router(0))) {
      patience.ask(
          () -> stream(client, turn, watch, Optional.empty()),
          () -> again(client, turn, watch, Optional.empty()));
      throw new BenchException("the router answered before it was killed: the book is too short");
    } catch (StatusRuntimeException dead) {
      if (curve.tokens() < half) {
        throw dead;
      }
      return curve.tokens();
    }
  }

  /** The same texts from the saved state: the second goes on from the first one's. */
  private BookReading loaded(PrivateCluster cluster, long tokens) {
    Path behind = plan.folder().resolve("greedy.state");
    BookCurve curve = new BookCurve("state loaded", cluster, progress);
    Patience patience = new Patience(progress);
    try (SwitchboardClient client = SwitchboardClient.connect(cluster.router(0))) {
      GenerateRequest saving = greedy().setSaveState(true).build();
      BookAnswer greedy = patience.ask(() -> from(client, saving, state, Optional.of(behind)));
      BookAnswer drawn =
          patience.ask(() -> from(client, drawn().build(), behind, Optional.empty()));
      curve.read(tokens, tokens);
      return new BookReading(
          curve.name(),
          tokens,
          greedy.firstTokenNanos(),
          curve.looks(),
          List.of(),
          Optional.empty(),
          patience.repeats(),
          List.of(greedy, drawn));
    }
  }

  /** A turn that had begun, whose prompt the session has. */
  private BookAnswer again(
      SwitchboardClient client,
      GenerateRequest turn,
      BookAnswer.Watch watch,
      Optional<Path> saved) {
    GenerateRequest request = turn.toBuilder().setSessionTurn(1).build();
    return BookAnswer.of(client.generate(request, plan.timeout()), watch, saved);
  }

  private BookAnswer stream(
      SwitchboardClient client,
      GenerateRequest begin,
      BookAnswer.Watch watch,
      Optional<Path> saved) {
    try (StreamedRequest pieces =
        new StreamedRequest(begin, Optional.empty(), Optional.of(plan.book()))) {
      return BookAnswer.of(client.generateFrom(pieces, plan.timeout()), watch, saved);
    }
  }

  private BookAnswer from(
      SwitchboardClient client, GenerateRequest begin, Path loaded, Optional<Path> saved) {
    try (StreamedRequest pieces =
        new StreamedRequest(begin, Optional.of(loaded), Optional.empty())) {
      return BookAnswer.of(
          client.generateFrom(pieces, plan.timeout()), BookAnswer.Watch.NONE, saved);
    }
  }

  /** Two further turns of the session. */
  private List<BookAnswer> texts(SwitchboardClient client, Patience patience) {
    List<BookAnswer> texts = new ArrayList<>();
    for (GenerateRequest.Builder turn : List.of(greedy(), drawn())) {
      GenerateRequest request = turn.setSessionId(SESSION).setSessionTurn(2 + texts.size()).build();
      texts.add(
          patience.ask(() ->
              BookAnswer.of(
                  client.generate(request, plan.timeout()),
                  BookAnswer.Watch.NONE,
                  Optional.empty())));
    }
    return texts;
  }

  /** The book, and a token behind it. */
  private static GenerateRequest.Builder firstTurn() {
    return GenerateRequest.newBuilder()
        .setSessionId(SESSION)
        .setMaxTokens(1)
        .setIgnoreEos(true)
        .setProgress(true);
  }

  private GenerateRequest.Builder greedy() {
    return GenerateRequest.newBuilder()
        .setText(PROMPT)
        .setMaxTokens(plan.tokens())
        .setIgnoreEos(true)
        .setLogitsDigest(true);
  }

  private GenerateRequest.Builder drawn() {
    return greedy()
        .setSampling(Sampling.newBuilder().setTemperature(TEMPERATURE).setSeed(plan.seed()));
  }
}
