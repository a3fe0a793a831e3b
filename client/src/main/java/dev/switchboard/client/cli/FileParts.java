package dev.switchboard.client.cli;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.ExpertFile;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.proto.v1.GatesFile;
import dev.switchboard.proto.v1.GatesPart;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Files of a directory, in pieces. What they hold is the router's to check.
 *
 * @param <T> a piece
 */
final class FileParts<T> implements Iterator<T>, AutoCloseable {
  private static final int PART_BYTES = 1 << 18;

  /**
   * A file that is sent.
   *
   * @param part makes a piece of some of its bytes
   */
  private record Sent<T>(Path path, Function<ByteString, T> part) {}

  private final List<Sent<T>> files;
  private int at;
  private @Nullable InputStream in;
  private @Nullable T next;

  private FileParts(List<Sent<T>> files, String what) {
    this.files = List.copyOf(files);
    for (Sent<T> file : files) {
      if (!Files.isRegularFile(file.path())) {
        throw new CommandException(file.path() + ": no such file; " + what);
      }
    }
  }

  /**
   * The two files of a gate directory.
   *
   * @throws CommandException if one of the files is not there
   */
  static FileParts<GatesPart> ofGate(Path directory) {
    return new FileParts<>(
        List.of(
            gate(directory.resolve("gate.json"), GatesFile.GATES_FILE_MANIFEST),
            gate(directory.resolve("gate.safetensors"), GatesFile.GATES_FILE_WEIGHTS)),
        "a gate directory is what 'train router --out' writes");
  }

  private static Sent<GatesPart> gate(Path path, GatesFile file) {
    return new Sent<>(path, bytes -> GatesPart.newBuilder().setFile(file).setData(bytes).build());
  }

  /**
   * The files of an expert's directory, its gate among them.
   *
   * @throws CommandException if one of the files is not there
   */
  static FileParts<ExpertPart> ofExpert(Path directory) {
    Path gate = directory.resolve("gate");
    return new FileParts<>(
        List.of(
            expert(directory.resolve("config.json"), ExpertFile.EXPERT_FILE_CONFIG),
            expert(directory.resolve("model.safetensors"), ExpertFile.EXPERT_FILE_WEIGHTS),
            expert(gate.resolve("gate.json"), ExpertFile.EXPERT_FILE_GATE_MANIFEST),
            expert(gate.resolve("gate.safetensors"), ExpertFile.EXPERT_FILE_GATE_WEIGHTS)),
        "an expert's directory is what 'train expert --out' writes");
  }

  private static Sent<ExpertPart> expert(Path path, ExpertFile file) {
    return new Sent<>(path, bytes -> ExpertPart.newBuilder().setFile(file).setData(bytes).build());
  }

  @Override
  public boolean hasNext() {
    try {
      while (next == null && at < files.size()) {
        if (in == null) {
          in = Files.newInputStream(files.get(at).path());
        }
        byte[] read = in.readNBytes(PART_BYTES);
        if (read.length > 0) {
          next = files.get(at).part().apply(ByteString.copyFrom(read));
        } else {
          close();
          at++;
        }
      }
      return next != null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public T next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    T part = next;
    next = null;
    return part;
  }

  @Override
  public void close() {
    try {
      if (in != null) {
        in.close();
        in = null;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
