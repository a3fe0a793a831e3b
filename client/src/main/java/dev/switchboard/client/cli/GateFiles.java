package dev.switchboard.client.cli;

import com.google.protobuf.ByteString;
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
import org.jspecify.annotations.Nullable;

/** The two files of a gate directory, in pieces. What they hold is the router's to check. */
final class GateFiles implements Iterator<GatesPart>, AutoCloseable {
  private static final int PART_BYTES = 1 << 18;

  private record Named(GatesFile file, Path path) {}

  private final List<Named> files;
  private int at;
  private @Nullable InputStream in;
  private @Nullable GatesPart next;

  /**
   * @throws CommandException if one of the files is not there
   */
  GateFiles(Path directory) {
    this.files =
        List.of(
            new Named(GatesFile.GATES_FILE_MANIFEST, directory.resolve("gate.json")),
            new Named(GatesFile.GATES_FILE_WEIGHTS, directory.resolve("gate.safetensors")));
    for (Named named : files) {
      if (!Files.isRegularFile(named.path())) {
        throw new CommandException(
            named.path() + ": no such file; a gate directory is what 'train router --out' writes");
      }
    }
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
          next =
              GatesPart.newBuilder()
                  .setFile(files.get(at).file())
                  .setData(ByteString.copyFrom(read))
                  .build();
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
  public GatesPart next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException();
    }
    GatesPart part = next;
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
