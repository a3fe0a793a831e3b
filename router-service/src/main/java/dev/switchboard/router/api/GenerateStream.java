package dev.switchboard.router.api;

import dev.switchboard.proto.v1.Done;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.PromptLogits;
import dev.switchboard.proto.v1.Started;
import dev.switchboard.router.engine.Ending;
import dev.switchboard.router.engine.GenerationSummary;
import dev.switchboard.router.engine.RouteSummary;
import dev.switchboard.router.engine.TokenEvent;
import dev.switchboard.router.session.TurnReader;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayDeque;

/**
 * One generation's events on their way to its reader. What the transport does not take waits in a
 * bounded buffer; once the buffer is full the request pauses, and goes on when half of it is gone.
 * So a slow reader costs itself alone.
 */
final class GenerateStream implements TurnReader {
  static final int BUFFERED_EVENTS = 64;
  static final long BUFFERED_BYTES = 8 << 20;

  private final ServerCallStreamObserver<GenerateEvent> reader;
  private final EventMessages messages;
  private final Started started;
  private final Runnable resume;
  private final ArrayDeque<GenerateEvent> buffer = new ArrayDeque<>();
  private long bufferedBytes;
  private boolean paused;
  private boolean over;
  private String sessionNote = "";

  /**
   * @param started sent once the request is admitted
   * @param resume lets a paused request go on
   */
  GenerateStream(
      ServerCallStreamObserver<GenerateEvent> reader,
      EventMessages messages,
      Started started,
      Runnable resume) {
    this.reader = reader;
    this.messages = messages;
    this.started = started;
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
    Done done = messages.done(summary).toBuilder().setSessionNote(sessionNote).build();
    send(GenerateEvent.newBuilder().setDone(done).build());
    flush();
    reader.onCompleted();
    over = true;
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
