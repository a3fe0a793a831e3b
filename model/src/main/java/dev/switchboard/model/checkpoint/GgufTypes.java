package dev.switchboard.model.checkpoint;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The numbers that tensor types have in GGUF files ({@code enum ggml_type}). */
final class GgufTypes {
  private static final Map<Long, DType> READ = new TreeMap<>();
  private static final Map<DType, Integer> NUMBERS = new EnumMap<>(DType.class);

  /** Types of ggml that are not read, for messages. */
  private static final Map<Long, String> OTHERS =
      Map.ofEntries(
          Map.entry(4L, "Q4_2"),
          Map.entry(5L, "Q4_3"),
          Map.entry(9L, "Q8_1"),
          Map.entry(15L, "Q8_K"),
          Map.entry(16L, "IQ2_XXS"),
          Map.entry(17L, "IQ2_XS"),
          Map.entry(18L, "IQ3_XXS"),
          Map.entry(19L, "IQ1_S"),
          Map.entry(20L, "IQ4_NL"),
          Map.entry(21L, "IQ3_S"),
          Map.entry(22L, "IQ2_S"),
          Map.entry(23L, "IQ4_XS"),
          Map.entry(29L, "IQ1_M"),
          Map.entry(34L, "TQ1_0"),
          Map.entry(35L, "TQ2_0"),
          Map.entry(40L, "NVFP4"),
          Map.entry(41L, "Q1_0"));

  static {
    put(0, DType.F32);
    put(1, DType.F16);
    put(2, DType.Q4_0);
    put(3, DType.Q4_1);
    put(6, DType.Q5_0);
    put(7, DType.Q5_1);
    put(8, DType.Q8_0);
    put(10, DType.Q2_K);
    put(11, DType.Q3_K);
    put(12, DType.Q4_K);
    put(13, DType.Q5_K);
    put(14, DType.Q6_K);
    put(24, DType.I8);
    put(25, DType.I16);
    put(26, DType.I32);
    put(27, DType.I64);
    put(28, DType.F64);
    put(30, DType.BF16);
    put(39, DType.MXFP4);
  }

  private GgufTypes() {}

  private static void put(int number, DType dtype) {
    READ.put((long) number, dtype);
    NUMBERS.put(dtype, number);
  }

  /**
   * The type of a tensor.
   *
   * @throws CheckpointException naming file, tensor and type if it is not read here
   */
  static DType numbered(Path file, String tensor, long number) {
    DType dtype = READ.get(number);
    if (dtype == null) {
      throw CheckpointException.in(
          file,
          "tensor %s has the type %s, which is not supported; known are %s",
          tensor,
          OTHERS.containsKey(number) ? OTHERS.get(number) : "number " + number,
          READ.values());
    }
    return dtype;
  }

  /**
   * A type's number.
   *
   * @throws IllegalArgumentException for a type that GGUF does not have
   */
  static int number(DType dtype) {
    @Nullable Integer number = NUMBERS.get(dtype);
    if (number == null) {
      throw new IllegalArgumentException("GGUF has no " + dtype);
    }
    return number;
  }
}
