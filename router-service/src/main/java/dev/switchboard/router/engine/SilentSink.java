package dev.switchboard.router.engine;

/** A sink that does nothing with what it hears, for those that want some of it alone. */
public abstract class SilentSink implements RequestSink {
  @Override
  public void admitted() {}

  @Override
  public void promptLogits(int firstRow, int rows, float[] logits) {}

  @Override
  public void token(TokenEvent event) {}

  @Override
  public void generated(GenerationSummary summary) {}

  @Override
  public void routed(RouteSummary summary) {}

  @Override
  public boolean behind() {
    return false;
  }
}
