package dev.switchboard.k8s;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One pod as the kubelet sees it: started with the container's arguments and environment, probed at
 * its endpoints, ended with SIGTERM, and with SIGKILL after its grace. Pods of one machine share
 * its network here, so each has a loopback address of its own, and "all addresses" means that one.
 * The kubelet's clock runs {@link #HASTE} times as fast, for probes and the pause before SIGTERM.
 */
final class Pod implements AutoCloseable {
  static final int HASTE = 4;

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String name;
  private final PodSpec spec;
  private final String ip;
  private final Process process;
  private final Path log;
  private final Thread prober;
  private volatile boolean started;
  private volatile boolean ready;
  private volatile boolean stopping;
  private volatile Optional<String> complaint = Optional.empty();

  /** How a pod ended. */
  record End(int code, boolean killed, Duration took, boolean saidNotReady) {}

  private Pod(String name, PodSpec spec, String ip, Process process, Path log) {
    this.name = name;
    this.spec = spec;
    this.ip = ip;
    this.process = process;
    this.log = log;
    this.prober = Thread.ofPlatform().name("kubelet-" + name).daemon().start(this::probe);
  }

  /**
   * Starts it.
   *
   * @param settings what the ConfigMap holds
   * @param names the cluster's DNS
   */
  static Pod start(String name, PodSpec spec, String ip, String settings, ClusterNames names) {
    try {
      Path folder = Files.createDirectories(Path.of("target", "pods", name).toAbsolutePath());
      Files.writeString(folder.resolve("settings.yaml"), settings.replace("0.0.0.0", ip));
      List<String> command = new ArrayList<>();
      command.add(Chart.home().resolve("switchboard").toString());
      String mounted = spec.mounts().get("settings");
      spec.arguments().forEach(a -> command.add(a.replace(mounted, folder.toString())));
      Path log = folder.resolve(name + ".out");
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder.environment().put("SWITCHBOARD_BUILD", "never");
      builder.environment().putAll(spec.environment(ip));
      builder.environment().merge("JDK_JAVA_OPTIONS", names.option(), (a, b) -> a + " " + b);
      return new Pod(name, spec, ip, builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name() {
    return name;
  }

  String ip() {
    return ip;
  }

  boolean started() {
    return started;
  }

  boolean ready() {
    return ready;
  }

  /** Why the kubelet would have started the container anew, or whom it lost. */
  Optional<String> complaint() {
    return complaint.or(() ->
        process.isAlive() || stopping
            ? Optional.empty()
            : Optional.of(name + " ended with " + process.exitValue()));
  }

  /** What one probe says now: the status, or 0 if nobody answers in time. */
  int ask(String probe) {
    PodSpec.Probe wanted = spec.probe(probe);
    URI uri = URI.create("http://%s:%d%s".formatted(ip, wanted.port(), wanted.path()));
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(wanted.timeout()).build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    }
  }

  String scrape() throws IOException, InterruptedException {
    URI uri = URI.create("http://%s:%d/metrics".formatted(ip, spec.ports().get("metrics")));
    return HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private void probe() {
    if (!startUp()) {
      return;
    }
    int unready = 0;
    int dead = 0;
    PodSpec.Probe readiness = spec.probe("readinessProbe");
    PodSpec.Probe liveness = spec.probe("livenessProbe");
    long liveAt = 0;
    while (process.isAlive() && complaint.isEmpty()) {
      boolean answers = ask("readinessProbe") == 200;
      unready = answers ? 0 : unready + 1;
      ready = answers || (ready && unready < readiness.failures());
      if (System.nanoTime() >= liveAt && !stopping) {
        dead = ask("livenessProbe") == 200 ? 0 : dead + 1;
        liveAt = System.nanoTime() + liveness.period().toNanos() / HASTE;
        if (dead >= liveness.failures() && !stopping) {
          complaint = Optional.of(name + " does not live");
        }
      }
      pause(readiness.period());
    }
    ready = false;
  }

  private boolean startUp() {
    PodSpec.Probe startup = spec.probe("startupProbe");
    for (int failures = 0; process.isAlive(); failures++) {
      if (ask("startupProbe") == 200) {
        started = true;
        return true;
      }
      if (failures >= startup.failures()) {
        complaint = Optional.of(name + " did not start in time");
        return false;
      }
      pause(startup.period());
    }
    return false;
  }

  /** A period of the kubelet's, or less if the process ends. */
  private void pause(Duration period) {
    try {
      process.waitFor(period.dividedBy(HASTE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** As the kubelet ends a pod: waits before SIGTERM, then for its grace, then kills. */
  End end() {
    stopping = true;
    try {
      pause(spec.preStop());
      long begun = System.nanoTime();
      process.destroy();
      boolean saidNotReady = false;
      while (process.isAlive() && !saidNotReady) {
        saidNotReady = ask("readinessProbe") == 503;
      }
      boolean left =
          process.waitFor(spec.grace().minus(spec.preStop()).toMillis(), TimeUnit.MILLISECONDS);
      Duration took = Duration.ofNanos(System.nanoTime() - begun);
      if (!left) {
        process.destroyForcibly().waitFor();
      }
      prober.join(5000);
      return new End(process.exitValue(), !left, took, saidNotReady);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() {
    stopping = true;
    process.destroyForcibly().onExit().join();
    prober.interrupt();
  }

  /** For messages. */
  static String logs(List<Pod> pods) {
    StringBuilder all = new StringBuilder();
    for (Pod pod : pods) {
      String text = pod.log();
      all.append("\n--- ").append(pod.name).append('\n');
      all.append(text.substring(Math.max(0, text.length() - 1500)));
    }
    return all.toString();
  }
}
