package dev.switchboard.node.weights;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.TensorSource;
import dev.switchboard.node.weights.RangeReader.BadChunkException;
import dev.switchboard.proto.v1.WeightsGrpc;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches bytes of tensors from whoever gives them away. A stream that breaks, stalls or brings a
 * damaged chunk is gone on with from its last good byte, at the next source; the whole is compared
 * with what those say who gave it. Nothing is kept but what was asked for.
 */
public final class RemoteWeights implements TensorSource {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteWeights.class);

  private final String fingerprint;
  private final Supplier<List<WeightSource>> sources;
  private final WeightChannels channels;
  private final Patience patience;
  private final AtomicLong failures = new AtomicLong();

  /**
   * How long things may take.
   *
   * @param call for one call of at most 32 MiB
   * @param firstPause before all sources are asked again; doubles
   * @param mostRounds rounds of failures without a single byte until it is given up
   * @param pause waits; tests count instead
   */
  public record Patience(Duration call, Duration firstPause, int mostRounds, Pause pause) {
    /** A call may take 30 seconds, and a minute may pass without any source. */
    public static final Patience STANDARD =
        new Patience(Duration.ofSeconds(30), Duration.ofMillis(100), 10, Patience::sleep);

    /** Lets time pass. */
    public interface Pause {
      void await(Duration time) throws InterruptedException;
    }

    private static void sleep(Duration time) throws InterruptedException {
      Thread.sleep(time);
    }
  }

  /**
   * @param fingerprint of the model that is wanted
   * @param sources who gives weights away now, best first; asked again at every attempt
   * @param channels to them; closed by the caller
   */
  public RemoteWeights(
      String fingerprint,
      Supplier<List<WeightSource>> sources,
      WeightChannels channels,
      Patience patience) {
    this.fingerprint = fingerprint;
    this.sources = sources;
    this.channels = channels;
    this.patience = patience;
  }

  @Override
  public void read(String tensor, long offset, MemorySegment into) {
    RangeReader reader = new RangeReader(fingerprint, tensor, offset, into);
    SourceChoice choice = new SourceChoice(patience.firstPause(), patience.mostRounds());
    while (!reader.complete()) {
      switch (choice.next(sources.get())) {
        case SourceChoice.Step.Ask ask -> {
          attempt(reader, ask.source(), choice);
          if (reader.complete()) {
            compare(reader, choice);
          }
        }
        case SourceChoice.Step.Wait wait -> await(wait.pause(), tensor);
        case SourceChoice.Step.GiveUp over ->
            throw new CheckpointException(
                "tensor %s of model %s cannot be fetched: %s"
                    .formatted(tensor, fingerprint, over.reason()));
      }
    }
  }

  /** Attempts that ended before all was there, since the start. */
  public long failures() {
    return failures.get();
  }

  private void attempt(RangeReader reader, WeightSource source, SourceChoice choice) {
    long before = reader.done();
    try {
      reader.read(source, channels.to(source), patience.call().toNanos());
      choice.progressed();
    } catch (StatusRuntimeException | BadChunkException e) {
      if (isOverTime(e) && reader.wasMoving(patience.call().toNanos())) {
        choice.progressed();
        return;
      }
      failures.incrementAndGet();
      if (reader.done() > before) {
        choice.progressed();
      }
      String reason = String.valueOf(e.getMessage());
      if (isRefusal(e)) {
        choice.refused(source, reason);
      } else {
        choice.failed(source, reason);
      }
      LOG.info(
          "{}: {}; {} bytes of {} are there, the rest is fetched from the next",
          source,
          reason,
          reader.done(),
          reader.name());
    }
  }

  /**
   * Each chunk was sound. Are they of one file? Who gave some of them says what the whole is there:
   * fingerprints sample large tensors, and two sources may differ where nobody looked. Who cannot
   * say, or is gone, is not believed less for it.
   */
  private void compare(RangeReader reader, SourceChoice choice) {
    for (WeightSource source : reader.givers()) {
      Optional<Integer> there = digest(reader, source);
      if (there.isPresent() && there.get() != reader.sum()) {
        failures.incrementAndGet();
        String reason =
            "the whole has CRC-32C %08x; what came has %08x".formatted(there.get(), reader.sum());
        LOG.warn("{}: {}; it is fetched anew from others", source, reason);
        choice.refused(source, reason);
        reader.restart();
        return;
      }
    }
  }

  private Optional<Integer> digest(RangeReader reader, WeightSource source) {
    try {
      return Optional.of(
          WeightsGrpc.newBlockingStub(channels.to(source))
              .withDeadlineAfter(patience.call().toNanos(), TimeUnit.NANOSECONDS)
              .digest(reader.whole())
              .getCrc32C());
    } catch (StatusRuntimeException e) {
      LOG.debug("{} does not say what the whole is: {}", source, e.getMessage());
      return Optional.empty();
    }
  }

  private static boolean isOverTime(RuntimeException e) {
    return e instanceof StatusRuntimeException said
        && said.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED;
  }

  /** It has another model, or other tensors: asking again does not help. */
  private static boolean isRefusal(RuntimeException e) {
    return e instanceof StatusRuntimeException said
        && switch (said.getStatus().getCode()) {
          case FAILED_PRECONDITION, NOT_FOUND, OUT_OF_RANGE, UNIMPLEMENTED -> true;
          default -> false;
        };
  }

  private void await(Duration pause, String tensor) {
    try {
      patience.pause().await(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CheckpointException("interrupted while tensor " + tensor + " was fetched", e);
    }
  }
}
