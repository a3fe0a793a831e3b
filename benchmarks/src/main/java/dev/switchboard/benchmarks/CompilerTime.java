package dev.switchboard.benchmarks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Processor time that the just-in-time compilers of some JVMs have taken, as Linux counts it for
 * each of their threads; zero where the system does not say.
 */
final class CompilerTime {
  /** The system keeps 15 characters of a thread's name. */
  private static final List<String> COMPILERS = List.of("C1 CompilerThre", "C2 CompilerThre");

  private final Path processes;
  private final List<Long> pids;
  private final Map<Path, Long> nanosByThread = new HashMap<>();

  CompilerTime(Path processes, List<Long> pids) {
    this.processes = processes;
    this.pids = List.copyOf(pids);
  }

  /** Of this process and others. */
  static CompilerTime ofThisAnd(List<Long> others) {
    LongStream all =
        LongStream.concat(
            LongStream.of(ProcessHandle.current().pid()),
            others.stream().mapToLong(Long::longValue));
    return new CompilerTime(Path.of("/proc"), all.boxed().toList());
  }

  /** Since the processes began. Compiler threads come and go: what one took stays counted. */
  Duration taken() {
    pids.forEach(this::read);
    return Duration.ofNanos(nanosByThread.values().stream().mapToLong(Long::longValue).sum());
  }

  private void read(long pid) {
    Path tasks = processes.resolve(Long.toString(pid)).resolve("task");
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
      for (Path thread : threads) {
        readThread(thread);
      }
    } catch (IOException e) {
      // The process has ended, or the system has no such files.
    }
  }

  private void readThread(Path thread) {
    try {
      if (COMPILERS.contains(Files.readString(thread.resolve("comm")).strip())) {
        String onProcessor = Files.readString(thread.resolve("schedstat")).strip();
        nanosByThread.put(thread, Long.parseLong(onProcessor.split(" ")[0]));
      }
    } catch (IOException | NumberFormatException e) {
      // The thread has ended.
    }
  }
}
