package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.settings.GridSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A grid member in a process of its own, which can be killed; ends with its parent. */
final class MemberProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;
  private final String gridAddress;

  private MemberProcess(Process process) throws IOException {
    this.process = process;
    this.output = process.inputReader();
    this.gridAddress = String.valueOf(output.readLine());
  }

  /** Starts one and waits until it is in the grid. */
  static MemberProcess start(Role role, String cluster, String id, int port, String join)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add") || argument.startsWith("--sun-misc"))
        .forEach(command::add);
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m", "-Xshare:auto"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(role.name(), cluster, id, String.valueOf(port), join));
    return new MemberProcess(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  long pid() {
    return process.pid();
  }

  String gridAddress() {
    return gridAddress;
  }

  /** Ends it as {@code kill -9} does. */
  void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  static final class Main {
    private Main() {}

    public static void main(String[] arguments) throws IOException {
      Role role = Role.valueOf(arguments[0]);
      List<String> join = arguments[4].isEmpty() ? List.of() : List.of(arguments[4]);
      GridSettings settings =
          GridSettings.defaults()
              .withClusterName(arguments[1])
              .withPort(Integer.parseInt(arguments[3]))
              .withJoin(join);
      try (Grid grid = HazelcastGrid.join(settings, role)) {
        announce(grid, role, arguments[2]);
        Predicate<ClusterView> there =
            view ->
                view.nodes().size() + view.routers().size() > 0 && !grid.gridAddress().isEmpty();
        Grids.await(grid, there);
        System.out.println(grid.gridAddress());
        while (System.in.read() >= 0) {
          // Runs until its parent ends.
        }
      }
    }

    private static void announce(Grid grid, Role role, String id) {
      long pid = ProcessHandle.current().pid();
      if (role == Role.ROUTER) {
        grid.announce(new RouterInfo(id, "127.0.0.1", 1, pid, "model-a", false, false));
      } else {
        grid.announce(NodeInfo.joining(id, "127.0.0.1", 1, "model-a", 0));
      }
    }
  }
}
