package dev.switchboard.quality;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Measures files and methods of Java sources with the compiler's own parser. */
final class Sizes {
  /** A kernel may exceed the limits where one of these comments says why. */
  private static final Pattern REASON = Pattern.compile("// size: \\S.{9,}");

  /** Lines above a method's first where its reason may stand. */
  private static final int LINES_ABOVE = 3;

  private Sizes() {}

  /** Lines of one file. */
  record FileSize(String file, int lines) {}

  /** Lines and parameters of one method; {@code excused} by a written reason. */
  record MethodSize(String name, int lines, int parameters, boolean excused) {}

  record Measured(List<FileSize> files, List<MethodSize> methods) {}

  static Measured measure(Map<String, String> sources) {
    List<FileSize> files = new ArrayList<>();
    sources.forEach((name, text) -> files.add(new FileSize(name, (int) text.lines().count())));
    List<MethodSize> methods = new ArrayList<>();
    JavacTask task = parser(sources);
    SourcePositions positions = Trees.instance(task).getSourcePositions();
    try {
      for (CompilationUnitTree unit : task.parse()) {
        new MethodScanner(unit, positions, methods).scan(unit, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Measured(files, methods);
  }

  private static JavacTask parser(Map<String, String> sources) {
    List<JavaFileObject> units = new ArrayList<>();
    sources.forEach((name, text) -> units.add(new Source(name, text)));
    var compiler = ToolProvider.getSystemJavaCompiler();
    var options = List.of("-proc:none");
    return (JavacTask) compiler.getTask(new StringWriter(), null, null, options, null, units);
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("source:/" + name.replace(' ', '_')), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class MethodScanner extends TreePathScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final List<MethodSize> found;
    private final List<String> lines;

    MethodScanner(CompilationUnitTree unit, SourcePositions positions, List<MethodSize> found) {
      this.unit = unit;
      this.positions = positions;
      this.found = found;
      try {
        this.lines = unit.getSourceFile().getCharContent(true).toString().lines().toList();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Void visitMethod(MethodTree method, Void unused) {
      LineMap map = unit.getLineMap();
      int first = (int) map.getLineNumber(positions.getStartPosition(unit, method));
      int last = (int) map.getLineNumber(positions.getEndPosition(unit, method));
      boolean excused =
          lines.subList(Math.max(0, first - 1 - LINES_ABOVE), last).stream()
              .anyMatch(line -> REASON.matcher(line).find());
      found.add(
          new MethodSize(
              nameOf(method) + " at " + unit.getSourceFile().getName() + ":" + first,
              last - first + 1,
              parameters(method),
              excused));
      return super.visitMethod(method, unused);
    }

    /** Constructors of records count for nothing: their parameters are the record's data. */
    private int parameters(MethodTree method) {
      boolean ofRecord = owner().getKind() == Tree.Kind.RECORD && method.getReturnType() == null;
      return ofRecord ? 0 : method.getParameters().size();
    }

    private String nameOf(MethodTree method) {
      return owner().getSimpleName() + "." + method.getName();
    }

    private ClassTree owner() {
      return (ClassTree) getCurrentPath().getParentPath().getLeaf();
    }
  }

  static Map<String, String> read(Path root, List<Path> files) {
    Map<String, String> sources = new java.util.TreeMap<>();
    files.forEach(f -> sources.put(root.relativize(f).toString(), Repository.read(f)));
    return sources;
  }
}
