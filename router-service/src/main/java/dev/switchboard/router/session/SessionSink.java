package dev.switchboard.router.session;

import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.router.engine.Ending;
import dev.switchboard.router.engine.GenerationSummary;
import dev.switchboard.router.engine.RequestSink;
import dev.switchboard.router.engine.RouteSummary;
import dev.switchboard.router.engine.TokenEvent;

/**
 * Writes down what a turn generates, and hands it on. The last word waits until the session's
 * record has the whole answer, so that whoever has read it finds the session there.
 */
final class SessionSink implements RequestSink {
  private final TurnReader reader;
  private final TurnLog log;
  private int retold;
  private int ahead;

  /**
   * @param retold first events that tell again what the log has
   * @param ahead events after those that the reader has already
   */
  SessionSink(TurnReader reader, TurnLog log, int retold, int ahead) {
    this.reader = reader;
    this.log = log;
    this.retold = retold;
    this.ahead = ahead;
  }

  @Override
  public void admitted() {
    reader.admitted();
  }

  @Override
  public void read(int promptTokens) {
    reader.read(promptTokens);
  }

  @Override
  public void promptLogits(int firstRow, int rows, float[] logits) {
    reader.promptLogits(firstRow, rows, logits);
  }

  @Override
  public void token(TokenEvent event) {
    if (retold > 0) {
      retold--;
      reader.token(event);
      return;
    }
    log.generated(event.id());
    if (ahead > 0) {
      ahead--;
    } else {
      reader.token(event);
    }
  }

  @Override
  public void snapshot(SequenceSnapshot snapshot) {
    log.snapshot(snapshot);
    reader.snapshot(snapshot);
  }

  @Override
  public void noSnapshot(String reason) {
    log.noSnapshot(reason);
    reader.noSnapshot(reason);
  }

  @Override
  public void generated(GenerationSummary summary) {
    log.complete(
        summary.reason().name(),
        note -> {
          reader.sessionNote(note);
          reader.generated(summary);
        },
        reader::failed);
  }

  @Override
  public void routed(RouteSummary summary) {
    throw new IllegalStateException("a turn of a session was routed");
  }

  @Override
  public void failed(Ending ending) {
    reader.failed(log.isOvertaken() ? log.overtakenEnding() : ending);
    log.abandoned();
  }

  @Override
  public boolean behind() {
    return reader.behind();
  }
}
