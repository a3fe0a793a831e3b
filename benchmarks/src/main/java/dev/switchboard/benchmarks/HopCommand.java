package dev.switchboard.benchmarks;

import dev.switchboard.router.dispatch.HopWay;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench hop}. */
@Command(
    name = "hop",
    description = "The time that one remote MoE layer adds to the same layer computed locally.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {"", "Example: ./switchboard bench hop --tokens 1 --width 2048 --json"})
final class HopCommand implements Callable<Integer> {
  @Mixin private Output output = new Output();

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "1",
      description = "Tokens of the layer's call (default ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--width",
      paramLabel = "D",
      defaultValue = "2048",
      description = "dModel (default ${DEFAULT-VALUE}).")
  private int width;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Timed calls (default ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      defaultValue = "12",
      description = "Untimed calls before (default ${DEFAULT-VALUE}).")
  private int warmupSeconds;

  @Option(
      names = "--way",
      paramLabel = "WAY",
      defaultValue = "auto",
      description =
          "How batches go to the node: lane (shared memory), socket (gRPC on a socket of this host), tcp, or auto, the best that there is (default ${DEFAULT-VALUE}).")
  private String way = "auto";

  private Optional<HopWay> way() {
    if (way.equals("auto")) {
      return Optional.empty();
    }
    for (HopWay known : HopWay.values()) {
      if (Hop.text(known).equals(way.toLowerCase(Locale.ROOT))) {
        return Optional.of(known);
      }
    }
    throw new UsageException("--way " + way + ": expected auto, lane, socket or tcp");
  }

  @Override
  public Integer call() {
    Machine machine = Machine.here();
    output.line(machine.text());
    Hop.Result result =
        Hop.measure(
            Checks.positive("--width", width),
            Checks.positive("--tokens", tokens),
            new Hop.Effort(
                Checks.positive("--samples", samples),
                Duration.ofSeconds(Checks.notNegative("--warmup", warmupSeconds)),
                way()));
    output.line(result.text());
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("machine", machine);
    object.put("tokens", result.tokens());
    object.put("width", result.width());
    object.put("samples", samples);
    Map<String, Long> ways = new LinkedHashMap<>();
    result.samples().forEach((way, count) -> ways.put(Hop.text(way), count));
    object.put("samplesByWay", ways);
    object.put("addedMicros", result.addedMicros());
    object.put("remoteMicros", result.remoteMicros());
    object.put("localMicros", result.localMicros());
    output.json(object);
    return 0;
  }
}
