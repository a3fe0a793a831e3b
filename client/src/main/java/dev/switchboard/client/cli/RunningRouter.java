package dev.switchboard.client.cli;

import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The router that runs already, as options and environment name it, and how its answer is told. */
final class RunningRouter {
  static final String DEFAULT = "127.0.0.1:7300";

  /** Sent as {@code authorization: Bearer KEY}; sessions belong to it. */
  private static final String KEY = "SWITCHBOARD_API_KEY";

  private final Terminal terminal;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--router",
      paramLabel = "HOST:PORT",
      scope = ScopeType.INHERIT,
      description = "the router to ask; all routers of its cluster follow")
  private @Nullable String router;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "one JSON object on standard output")
  private boolean json;

  RunningRouter(Terminal terminal) {
    this.terminal = terminal;
  }

  /** The key of whoever calls. */
  static Optional<String> key(Terminal terminal) {
    return Optional.ofNullable(terminal.environment().get(KEY)).filter(key -> !key.isEmpty());
  }

  /** Asks it something. */
  <T> T ask(Function<SwitchboardClient, T> question) {
    HostPort address = address();
    try (SwitchboardClient client = SwitchboardClient.connect(address, key(terminal))) {
      return question.apply(client);
    } catch (StatusRuntimeException e) {
      throw told(address, e);
    }
  }

  private static RuntimeException told(HostPort address, StatusRuntimeException failure) {
    Status status = failure.getStatus();
    Status.Code code = status.getCode();
    if (code != Status.Code.UNAVAILABLE && code != Status.Code.DEADLINE_EXCEEDED) {
      return failure;
    }
    String other = "; name one with --router HOST:PORT or SWITCHBOARD_ROUTER";
    // What the network says of a router that cannot be reached has a cause; what a router says has
    // none.
    boolean answered =
        code == Status.Code.UNAVAILABLE
            && status.getCause() == null
            && status.getDescription() != null;
    return new CommandException(
        answered
            ? "UNAVAILABLE: the router at %s: %s".formatted(address, status.getDescription())
            : "UNAVAILABLE: no router answers at " + address + other,
        failure);
  }

  /** What the command was called wrongly with. */
  RuntimeException wrong(String problem) {
    return Options.wrong(spec, problem);
  }

  /** Tells the answer: as text, or as JSON if that was asked for. */
  void tell(String text, Json.Fields fields) {
    String told = json ? Json.object(fields) : text;
    terminal.out().print(told.endsWith("\n") ? told : told + "\n");
    terminal.out().flush();
  }

  private HostPort address() {
    String text =
        router != null
            ? router
            : terminal.environment().getOrDefault("SWITCHBOARD_ROUTER", DEFAULT);
    try {
      return HostPort.parse(text);
    } catch (IllegalArgumentException e) {
      throw wrong((router != null ? "--router: " : "SWITCHBOARD_ROUTER: ") + e.getMessage());
    }
  }
}
