package dev.switchboard.model.quantise;

import dev.switchboard.model.checkpoint.DType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What most weights of a written file are stored as. */
public enum FileType {
  /** Nothing is lost. */
  F32(DType.F32, 0),
  F16(DType.F16, 1),
  BF16(DType.BF16, 32),
  Q8_0(DType.Q8_0, 7),
  Q4_0(DType.Q4_0, 2),
  /** Some tensors get more bits, as in llama.cpp's {@code Q4_K_M}. */
  Q4_K(DType.Q4_K, 15);

  private final DType dtype;
  private final int number;

  FileType(DType dtype, int number) {
    this.dtype = dtype;
    this.number = number;
  }

  public DType dtype() {
    return dtype;
  }

  /** {@code general.file_type} of the written file. */
  int number() {
    return number;
  }

  /** How it is asked for: {@code q4_k}. */
  public String flag() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<FileType> of(String flag) {
    return Arrays.stream(values()).filter(type -> type.flag().equals(flag)).findFirst();
  }
}
