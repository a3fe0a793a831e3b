package dev.switchboard.model.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * Products of weights of 16 bits with F32 activations in native code: weights are widened, each
 * output is one sum over ascending columns, as everywhere.
 *
 * <p>Or, where the option {@code bf16=dot} asks for it, those of BF16 by the processor's
 * instruction for them: activations are rounded to BF16 and subnormal numbers count as zero, so the
 * bits are not those of other kernels; but they too depend on the row alone, not on how many rows
 * there are.
 */
final class NativeFloats {
  /** Multiply-adds of one call at most, about. */
  private static final long CALL = 1L << 28;

  private static final int BF16 = 0;
  private static final int F16 = 1;

  private final NativeForm form;
  private final boolean bf16Dot;

  /** Handles are quick as constants only. Touched when the library is there. */
  private static final class Call {
    static final MethodHandle WIDE =
        Linker.nativeLinker()
            .downcallHandle(
                NativeLibrary.loaded("switchboard_wide_product"),
                FunctionDescriptor.ofVoid(
                    JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG,
                    JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG),
                Linker.Option.critical(true));

    static final MethodHandle BF16_DOT =
        Linker.nativeLinker()
            .downcallHandle(
                NativeLibrary.loaded("switchboard_bf16_product"),
                FunctionDescriptor.ofVoid(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG),
                Linker.Option.critical(true));
  }

  /**
   * Only after {@link NativeLibrary#load}.
   *
   * @param bf16Dot whether BF16 weights meet rounded activations, which changes bits
   */
  NativeFloats(NativeForm form, boolean bf16Dot) {
    this.form = form;
    this.bf16Dot = bf16Dot;
  }

  NativeForm form() {
    return form;
  }

  boolean bf16Dot() {
    return bf16Dot;
  }

  static boolean takes(Format format) {
    return format == Format.BF16 || format == Format.F16;
  }

  /** As {@link KernelSet}'s product of floats, of weights that this {@link #takes}. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void matmul(
      PackedMatrix w,
      int firstPanel,
      int panels,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    long perPanel = Math.max(1, (long) PackedMatrix.PANEL * w.columns() * rows);
    int step = (int) Math.max(1, Math.min(panels, CALL / perPanel));
    for (int done = 0; done < panels; done += step) {
      int count = Math.min(step, panels - done);
      int to = yOffset + done * PackedMatrix.PANEL;
      call(w, firstPanel + done, count, x, xOffset, xStride, rows, y, to, yStride, scratch);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void call(
      PackedMatrix w,
      int firstPanel,
      int panels,
      float[] x,
      int xOffset,
      int xStride,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    if (rows == 0 || panels == 0) {
      return;
    }
    if (!takes(w.format())) {
      throw new IllegalArgumentException(w + " is neither BF16 nor F16");
    }
    int first = firstPanel * PackedMatrix.PANEL;
    int outputs = Math.min(panels * PackedMatrix.PANEL, w.rows() - first);
    MemorySegment data = w.data();
    long at = firstPanel * w.panelBytes();
    Objects.checkFromIndexSize(at, panels * w.panelBytes(), data.byteSize());
    checkRows(x, xOffset, xStride, w.columns(), rows);
    checkRows(y, yOffset, yStride, outputs, rows);
    long weights = data.address() + at;
    MemorySegment in = scratch.views.of(x);
    MemorySegment out = scratch.views.of(y);
    try {
      if (bf16Dot && w.format() == Format.BF16) {
        MemorySegment room = scratch.room(4L * rows * ((w.columns() + 1) / 2));
        Call.BF16_DOT.invokeExact(
            weights,
            (long) w.columns(),
            (long) outputs,
            in,
            (long) xOffset,
            (long) xStride,
            (long) rows,
            room.address(),
            out,
            (long) yOffset,
            (long) yStride);
        Reference.reachabilityFence(room);
      } else {
        Call.WIDE.invokeExact(
            form.ordinal(),
            w.format() == Format.BF16 ? BF16 : F16,
            weights,
            (long) w.columns(),
            (long) outputs,
            in,
            (long) xOffset,
            (long) xStride,
            (long) rows,
            out,
            (long) yOffset,
            (long) yStride);
      }
    } catch (Throwable e) {
      throw new IllegalStateException("A native product failed: " + w, e);
    } finally {
      Reference.reachabilityFence(w);
    }
  }

  private static void checkRows(float[] array, int offset, int stride, int width, int rows) {
    if (stride < width) {
      throw new IndexOutOfBoundsException("rows of " + width + " floats, " + stride + " apart");
    }
    Objects.checkFromIndexSize((long) offset, (rows - 1L) * stride + width, (long) array.length);
  }
}
