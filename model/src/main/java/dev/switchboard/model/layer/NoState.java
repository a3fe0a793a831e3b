package dev.switchboard.model.layer;

/** Of a layer without a mixer. */
public enum NoState implements MixerState {
  NONE;

  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public MixerState copy() {
    return this;
  }
}
