package dev.switchboard.router.api;

import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.Progress;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.router.engine.Ending;
import dev.switchboard.router.engine.GenerationSummary;
import dev.switchboard.router.engine.RouteSummary;
import dev.switchboard.router.engine.TokenEvent;
import dev.switchboard.router.session.TurnReader;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One generation's events on their way to its reader. What the transport does not take waits in a
 * bounded buffer; once the buffer is full the request pauses, and goes on when half of it is gone.
 * So a slow reader costs itself alone.
 */
final class GenerateStream implements TurnReader {
  static final int BUFFERED_EVENTS = 64;
  static final long BUFFERED_BYTES = 8 << 20;
  private static final long PROGRESS_NANOS = 200_000_000;

  private final ServerCallStreamObserver<GenerateEvent> reader;
  private final EventMessages messages;
  private final Started started;
  private final Wishes wishes;
  private final Runnable resume;
  private final ArrayDeque<GenerateEvent> buffer = new ArrayDeque<>();
  private long bufferedBytes;
  private boolean paused;
  private boolean over;
  private String sessionNote = "";
  private long lastProgressNanos;
  private @Nullable SequenceSnapshot state;
  private String noState = "the state was not handed out";
  private @Nullable End end;

  /**
   * What the reader wants beside tokens.
   *
   * @param progress while its prompt is read
   * @param state at the end
   */
  record Wishes(boolean progress, boolean state) {
    static final Wishes NONE = new Wishes(false, false);
  }

  /** What is still to be sent when the generation is complete. */
  private record End(StateEvents state, GenerateEvent done) {}

  /**
   * @param started sent once the request is admitted
   * @param resume lets a paused request go on
   */
  GenerateStream(
      ServerCallStreamObserver<GenerateEvent> reader,
      EventMessages messages,
      Started started,
      Wishes wishes,
      Runnable resume) {
    this.reader = reader;
    this.messages = messages;
    this.started = started;
    this.wishes = wishes;
    this.lastProgressNanos = System.nanoTime();
    this.resume = resume;
  }

  @Override
  public void admitted() {
    send(GenerateEvent.newBuilder().setStarted(started).build());
  }

  @Override
  public void promptLogits(int firstRow, int rows, float[] logits) {
    for (PromptLogits piece : messages.promptLogits(firstRow, rows, logits)) {
      send(GenerateEvent.newBuilder().setPromptLogits(piece).build());
    }
  }

  /** Now and then, and only to a reader that keeps up. */
  @Override
  public synchronized void read(int promptTokens) {
    long now = System.nanoTime();
    boolean due =
        now - lastProgressNanos >= PROGRESS_NANOS || promptTokens == started.getPromptTokens();
    if (wishes.progress && due && buffer.isEmpty()) {
      lastProgressNanos = now;
      send(
          GenerateEvent.newBuilder()
              .setProgress(
                  Progress.newBuilder()
                      .setPromptTokensRead(promptTokens)
                      .setPromptTokens(started.getPromptTokens()))
              .build());
    }
  }

  @Override
  public synchronized void snapshot(SequenceSnapshot snapshot) {
    state = wishes.state ? snapshot : null;
  }

  @Override
  public synchronized void noSnapshot(String reason) {
    state = null;
    noState = reason;
  }

  @Override
  public void token(TokenEvent event) {
    send(GenerateEvent.newBuilder().setToken(messages.token(event)).build());
  }

  @Override
  public synchronized void sessionNote(String note) {
    sessionNote = note;
  }

  @Override
  public synchronized void generated(GenerationSummary summary) {
    GenerateEvent done =
        GenerateEvent.newBuilder()
            .setDone(
                messages.done(summary).toBuilder()
                    .setSessionNote(sessionNote)
                    .setGateVersion(started.getGateVersion()))
            .build();
    if (!wishes.state) {
      send(done);
      flush();
      complete();
    } else if (state == null) {
      flush();
      over = true;
      reader.onError(
          Status.FAILED_PRECONDITION
              .withDescription("save_state: " + noState)
              .asRuntimeException());
    } else {
      end = new End(new StateEvents(state), done);
      state = null;
      sendEnd();
    }
  }

  /** As much as the transport takes: a state may be far larger than what may wait. */
  private void sendEnd() {
    while (end != null && buffer.isEmpty() && reader.isReady()) {
      if (end.state.hasNext()) {
        reader.onNext(end.state.next());
      } else {
        reader.onNext(end.done);
        complete();
      }
    }
  }

  private void complete() {
    over = true;
    end = null;
    reader.onCompleted();
  }

  @Override
  public void routed(RouteSummary summary) {
    throw new IllegalStateException("a generation was routed");
  }

  @Override
  public synchronized void failed(Ending ending) {
    flush();
    reader.onError(Statuses.of(ending).asRuntimeException());
    over = true;
  }

  @Override
  public synchronized boolean behind() {
    paused = !over && (buffer.size() >= BUFFERED_EVENTS || bufferedBytes >= BUFFERED_BYTES);
    return paused;
  }

  /** The transport takes more: on its thread. */
  void drain() {
    boolean goOn;
    synchronized (this) {
      while (!over && !buffer.isEmpty() && reader.isReady()) {
        reader.onNext(next());
      }
      sendEnd();
      goOn = paused && buffer.size() <= BUFFERED_EVENTS / 2 && bufferedBytes <= BUFFERED_BYTES / 2;
      if (goOn) {
        paused = false;
      }
    }
    if (goOn) {
      resume.run();
    }
  }

  private synchronized void send(GenerateEvent event) {
    if (buffer.isEmpty() && reader.isReady()) {
      reader.onNext(event);
    } else {
      buffer.addLast(event);
      bufferedBytes += event.getSerializedSize();
    }
  }

  private GenerateEvent next() {
    GenerateEvent event = buffer.removeFirst();
    bufferedBytes -= event.getSerializedSize();
    return event;
  }

  /** At the end, ready or not: what is left is no more than the buffer holds. */
  private void flush() {
    while (!buffer.isEmpty()) {
      reader.onNext(next());
    }
  }
}
