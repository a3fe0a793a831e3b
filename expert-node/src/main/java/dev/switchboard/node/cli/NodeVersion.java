package dev.switchboard.node.cli;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.proto.codec.Protocols;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class NodeVersion implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = System.getProperty("switchboard.version", "development");
    return new String[] {
      "switchboard %s (protocol %s, arithmetic %d)"
          .formatted(version, Protocols.HERE, Arithmetic.VERSION)
    };
  }
}
