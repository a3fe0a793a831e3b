package dev.switchboard.router.engine;

/** Why a generation that succeeded ended. */
public enum FinishReason {
  LENGTH,
  END_TOKEN,
  STOP_STRING
}
