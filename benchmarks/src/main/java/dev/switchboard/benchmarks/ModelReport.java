package dev.switchboard.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What {@code bench model} says of one model.
 *
 * @param model the file's or folder's name
 * @param bytesPerToken that generating one token reads at the least
 * @param readSpeed of this machine's memory, if measured
 */
record ModelReport(
    String model,
    Arrangement arrangement,
    Sizes sizes,
    Throughput throughput,
    long bytesPerToken,
    Optional<ReadSpeed.Result> readSpeed,
    Machine machine) {

  /**
   * Generation's share of the best that a plain read got: 1 is the limit of one stream, but for
   * what stays in caches from token to token.
   */
  Optional<Double> shareOfReadSpeed() {
    if (readSpeed.isEmpty() || throughput.generate().isEmpty() || arrangement.streams() > 1) {
      return Optional.empty();
    }
    double bytes = throughput.generate().get().median() * bytesPerToken;
    return Optional.of(bytes / readSpeed.get().all().max());
  }

  String text() {
    StringBuilder text = new StringBuilder();
    readSpeed.ifPresent(speed ->
        text.append(
            "memory is read at %.1f GB/s by one thread, %.1f GB/s by %d"
                .formatted(
                    speed.one().max() * 1e-9,
                    speed.all().max() * 1e-9,
                    arrangement.mostThreads())));
    shareOfReadSpeed()
        .ifPresent(share ->
            text.append(
                "; generation reads %.1f MB a token: %.0f %% of that"
                    .formatted(bytesPerToken * 1e-6, share * 100)));
    return text.toString();
  }

  /** The first seven keys are those that llama.cpp's figures come with. */
  Map<String, @Nullable Object> json() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("peer", "switchboard");
    json.put("version", new Versions().getVersion()[0].replace("switchboard ", ""));
    json.put("model", model);
    json.put("threads", arrangement.threads());
    json.put("prompt", sizes.prompt());
    json.put("depth", sizes.depth());
    json.put("prompt_tokens_per_second", throughput.prompt().orElse(null));
    json.put("generate_tokens_per_second", throughput.generate().orElse(null));
    json.put("generate", sizes.generate());
    json.put("where", throughput.where());
    json.put("nodes", throughput.nodes());
    json.put("router_threads", arrangement.routerThreads());
    json.put("replicas", arrangement.replicas());
    json.put("bound", arrangement.bound());
    json.put("streams", arrangement.streams());
    json.put("kernels", machine.kernels());
    json.put("resident_bytes", throughput.residentBytes());
    json.put("bytes_per_token", bytesPerToken);
    json.put("read_bytes_per_second", readSpeed.orElse(null));
    json.put("share_of_read_speed", shareOfReadSpeed().orElse(null));
    json.put("machine", machine);
    return json;
  }
}
