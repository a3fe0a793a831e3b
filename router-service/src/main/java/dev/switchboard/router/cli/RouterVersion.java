package dev.switchboard.router.cli;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.proto.codec.Handshake;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class RouterVersion implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = System.getProperty("switchboard.version", "development");
    return new String[] {
      "switchboard %s (protocol %d, arithmetic %d)"
          .formatted(version, Handshake.PROTOCOL_VERSION, Arithmetic.VERSION)
    };
  }
}
