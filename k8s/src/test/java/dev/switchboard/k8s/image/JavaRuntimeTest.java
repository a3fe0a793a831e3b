package dev.switchboard.k8s.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A runtime is linked again when it would be another one. */
class JavaRuntimeTest {
  @TempDir private Path folder;
  private Path jdk;

  /** A jlink that writes down what it was asked for. */
  @BeforeEach
  void write() throws IOException {
    jdk = Files.createDirectories(folder.resolve("jdk"));
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=25");
    Path jlink = Files.createDirectories(jdk.resolve("bin")).resolve("jlink");
    Files.writeString(
        jlink,
        """
        #!/bin/sh
        for out; do :; done
        mkdir -p "$out" && touch "$out/release" && echo "$2" >>"%s"
        """
            .formatted(folder.resolve("asked")));
    Files.setPosixFilePermissions(jlink, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private List<String> asked(String modules) throws IOException {
    JavaRuntime.link(jdk, modules, folder.resolve("runtime"));
    return Files.readAllLines(folder.resolve("asked"));
  }

  @Test
  void forOtherModulesAndForAnotherJdk() throws IOException {
    assertThat(asked("java.base")).containsExactly("java.base");
    assertThat(asked("java.base")).hasSize(1);
    assertThat(asked("java.base,jdk.jfr")).containsExactly("java.base", "java.base,jdk.jfr");
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=26");
    assertThat(asked("java.base,jdk.jfr")).hasSize(3);
  }
}
