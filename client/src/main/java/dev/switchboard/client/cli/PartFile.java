package dev.switchboard.client.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * A file that appears under its name once it is whole; what was there before stays until then, and
 * nothing is left of one that does not get that far.
 */
final class PartFile implements AutoCloseable {
  private final Path file;
  private final Path part;
  private @Nullable OutputStream out;

  /**
   * Nothing is written yet.
   *
   * @throws CommandException if the file cannot be made there
   */
  PartFile(Path file) {
    this.file = file.toAbsolutePath();
    Path folder = this.file.getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw new CommandException("cannot write " + file + ": no such folder");
    }
    if (Files.isDirectory(file)) {
      throw new CommandException("cannot write " + file + ": a folder");
    }
    this.part = folder.resolve("." + this.file.getFileName() + "." + ProcessHandle.current().pid());
  }

  /** The stream that takes the file's content, opened with the first call. */
  OutputStream out() {
    if (out == null) {
      try {
        out = Files.newOutputStream(part);
      } catch (IOException e) {
        throw failed(e);
      }
    }
    return out;
  }

  void write(byte[] bytes) {
    try {
      out().write(bytes);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Everything is written: the file takes its name. */
  void finish() {
    try {
      out().close();
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  CommandException failed(IOException e) {
    return new CommandException("cannot write " + file + ": " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      if (out != null) {
        out.close();
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }
}
