package dev.switchboard.quality;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;

/** Compiles small sources that break a rule, or keep it, into a folder of their own. */
final class Snippets {
  private static final Pattern PACKAGE = Pattern.compile("package ([\\w.]+);");
  private static final Pattern TYPE = Pattern.compile("(?:class|interface|record) (\\w+)");

  private Snippets() {}

  static JavaClasses classesOf(Path folder, String... sources) {
    return new ClassFileImporter().importPath(compile(folder, sources));
  }

  /** Compiles into {@code folder/classes} and returns it. */
  static Path compile(Path folder, String... sources) {
    List<String> arguments = new ArrayList<>();
    Path classes = folder.resolve("classes");
    arguments.addAll(
        List.of(
            "-nowarn",
            "-proc:none",
            "--add-modules",
            "jdk.incubator.vector",
            "-d",
            classes.toString()));
    for (String source : sources) {
      arguments.add(write(folder.resolve("sources"), source).toString());
    }
    StringWriter messages = new StringWriter();
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, new WriterStream(messages), arguments.toArray(String[]::new));
    assertThat(code).as(messages.toString()).isZero();
    return classes;
  }

  private static Path write(Path folder, String source) {
    Path file =
        folder
            .resolve(first(PACKAGE, source).replace('.', '/'))
            .resolve(first(TYPE, source) + ".java");
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, source);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String first(Pattern pattern, String source) {
    Matcher matcher = pattern.matcher(source);
    assertThat(matcher.find()).as(source).isTrue();
    return matcher.group(1);
  }

  private static final class WriterStream extends java.io.OutputStream {
    private final StringWriter writer;

    WriterStream(StringWriter writer) {
      this.writer = writer;
    }

    @Override
    public void write(int value) {
      writer.write(value);
    }
  }
}
