package dev.switchboard.node.weights;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.TensorSource;
import dev.switchboard.node.weights.RangeReader.BadChunkException;
import io.grpc.StatusRuntimeException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches bytes of tensors from whoever gives them away. A stream that breaks, stalls or brings a
 * damaged chunk is gone on with from its last good byte, at the next source. Nothing is kept but
 * what was asked for.
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
        case SourceChoice.Step.Ask ask -> attempt(reader, ask.source(), choice);
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
      reader.read(channels.to(source), patience.call().toNanos());
      choice.progressed();
    } catch (StatusRuntimeException | BadChunkException e) {
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
      LOG.debug("{}: {}", source, reason);
    }
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
