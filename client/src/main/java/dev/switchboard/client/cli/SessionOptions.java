package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.GenerateRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which turn of which conversation a request is. */
final class SessionOptions {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--session",
      paramLabel = "NAME",
      description = {
        "the conversation that this is a turn of: the prompt follows what it has read and generated,",
        "at any router of the deployment (a private cluster forgets it at its end)"
      })
  private @Nullable String name;

  @Option(
      names = "--turn",
      paramLabel = "N",
      description = {
        "which turn of the session, from 1 on (default: the next); one that was cut goes on, without",
        "a prompt, and one that is complete is answered again"
      })
  private @Nullable Integer turn;

  @Option(
      names = "--received",
      paramLabel = "N",
      description =
          "generated tokens of this turn that came before it was cut: it goes on behind them")
  private @Nullable Integer received;

  boolean given() {
    return name != null;
  }

  /** Whether a turn is asked for that may have begun: it needs no prompt. */
  boolean again() {
    return given() && turn != null;
  }

  /** Checks everything that needs no server. */
  void check(boolean loadsState, boolean dumpsLogits) {
    if (name == null && (turn != null || received != null)) {
      throw Options.wrong(spec, (turn != null ? "--turn" : "--received") + " goes with --session");
    }
    if (name == null) {
      return;
    }
    if (name.isEmpty()) {
      throw Options.wrong(spec, "--session: an empty name");
    }
    if (loadsState || dumpsLogits) {
      throw Options.wrong(
          spec,
          loadsState
              ? "--session and --load-state exclude each other: a session has its own state"
              : "--session and --dump-logits exclude each other: a turn does not read all of its text");
    }
    Options.atLeast(spec, "--turn", turn == null ? 1 : turn, 1);
    Options.atLeast(spec, "--received", received == null ? 0 : received, 0);
  }

  GenerateRequest.Builder put(GenerateRequest.Builder request) {
    return name == null
        ? request
        : request
            .setSessionId(name)
            .setSessionTurn(turn == null ? 0 : turn)
            .setReceivedTokens(received == null ? 0 : received);
  }
}
