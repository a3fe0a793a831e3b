package dev.switchboard.client.cli;

import dev.switchboard.proto.v1.StatePart;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** Takes a state as it comes, and is a file once all of it is there. */
final class StateFile implements AutoCloseable {
  private final Path path;
  private final PartFile file;
  private long bytes;
  private boolean whole;

  /**
   * @throws CommandException if the file cannot be made there
   */
  StateFile(Path path) {
    this.path = path;
    this.file = new PartFile(path);
  }

  void add(StatePart part) {
    byte[] data = part.getData().toByteArray();
    CRC32C crc = new CRC32C();
    crc.update(data);
    if (whole || part.getOffset() != bytes || part.getCrc32C() != (int) crc.getValue()) {
      throw new CommandException(
          "%s: the state was changed on its way, at byte %d".formatted(path, bytes));
    }
    file.write(data);
    bytes += data.length;
    whole = part.getLast();
  }

  /** The answer is complete. */
  void finish() {
    if (!whole) {
      throw new CommandException(
          "%s: the router sent no whole state (%d bytes of it)".formatted(path, bytes));
    }
    file.finish();
  }

  long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    file.close();
  }
}
