package dev.switchboard.router.cli;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.proto.codec.Handshake;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class RouterVersion implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = RouterVersion.class.getPackage().getImplementationVersion();
    return new String[] {
      "switchboard %s (protocol %d, arithmetic %d)"
          .formatted(
              version == null ? "development" : version,
              Handshake.PROTOCOL_VERSION,
              Arithmetic.VERSION)
    };
  }
}
