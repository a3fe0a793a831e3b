package dev.switchboard.client.cli;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The router that runs already, as options and environment name it. */
final class RunningRouter {
  static final String DEFAULT = "127.0.0.1:7300";

  /** Sent as {@code authorization: Bearer KEY}; sessions belong to it. */
  private static final String KEY = "SWITCHBOARD_API_KEY";

  private RunningRouter() {}

  /** The key of whoever calls. */
  static Optional<String> key(Terminal terminal) {
    return Optional.ofNullable(terminal.environment().get(KEY)).filter(key -> !key.isEmpty());
  }

  /**
   * Asks it something.
   *
   * @param given by an option; null for the environment's, or the default
   */
  static <T> T ask(
      @Nullable String given,
      @Nullable CommandSpec spec,
      Terminal terminal,
      Function<SwitchboardClient, T> question) {
    HostPort address = address(given, spec, terminal);
    try (SwitchboardClient client = SwitchboardClient.connect(address, key(terminal))) {
      return question.apply(client);
    } catch (StatusRuntimeException e) {
      Status.Code code = e.getStatus().getCode();
      if (code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED) {
        throw new CommandException(
            "UNAVAILABLE: no router answers at "
                + address
                + "; name one with --router HOST:PORT or SWITCHBOARD_ROUTER",
            e);
      }
      throw e;
    }
  }

  private static HostPort address(
      @Nullable String given, @Nullable CommandSpec spec, Terminal terminal) {
    String text =
        given != null ? given : terminal.environment().getOrDefault("SWITCHBOARD_ROUTER", DEFAULT);
    try {
      return HostPort.parse(text);
    } catch (IllegalArgumentException e) {
      throw Options.wrong(
          spec, (given != null ? "--router: " : "SWITCHBOARD_ROUTER: ") + e.getMessage());
    }
  }
}
