package dev.switchboard.quality;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Finds arithmetic on floats in compiled classes. Sums of floats outside the model module would be
 * a second place that decides the bits of an answer.
 */
final class ByteCode {
  private static final Set<Opcode> FLOAT_ARITHMETIC =
      EnumSet.of(Opcode.FADD, Opcode.FSUB, Opcode.FMUL, Opcode.FDIV, Opcode.FREM);

  private ByteCode() {}

  /** One line a method of the classes below the folder that computes with floats. */
  static List<String> floatArithmeticBelow(Path folder) {
    List<String> found = new ArrayList<>();
    for (Path file : Repository.filesBelow(folder, ".class")) {
      ClassModel type = parse(file);
      for (MethodModel method : type.methods()) {
        if (method.code().stream()
            .flatMap(code -> code.elementStream())
            .anyMatch(ByteCode::isFloat)) {
          found.add(
              type.thisClass().asInternalName().replace('/', '.')
                  + "."
                  + method.methodName().stringValue());
        }
      }
    }
    return found;
  }

  private static boolean isFloat(CodeElement element) {
    return switch (element) {
      case OperatorInstruction operator -> FLOAT_ARITHMETIC.contains(operator.opcode());
      case InvokeInstruction call ->
          call.owner().asInternalName().equals("java/lang/Math")
              && call.name().equalsString("fma")
              && call.type().equalsString("(FFF)F");
      default -> false;
    };
  }

  private static ClassModel parse(Path file) {
    try {
      return ClassFile.of().parse(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
