package dev.switchboard.model.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * Products of BF16 weights by the processor's instruction for them: the option {@code bf16=dot}.
 * Activations are rounded to BF16 and subnormal numbers count as zero, so the bits are not those of
 * other kernels; but they depend on the row alone, not on how many rows there are.
 */
final class NativeBf16 {
  /** Multiply-adds of one call at most, about. */
  private static final long CALL = 1L << 28;

  /** Touched when the library is there. */
  private static final class Call {
    static final MethodHandle PRODUCT =
        Linker.nativeLinker()
            .downcallHandle(
                NativeLibrary.loaded("switchboard_bf16_product"),
                FunctionDescriptor.ofVoid(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG),
                Linker.Option.critical(true));
  }

  private NativeBf16() {}

  /** As {@link KernelSet}'s product of floats. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  static void matmul(
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
  private static void call(
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
    if (w.format() != Format.BF16) {
      throw new IllegalArgumentException(w + " is not BF16");
    }
    int first = firstPanel * PackedMatrix.PANEL;
    int outputs = Math.min(panels * PackedMatrix.PANEL, w.rows() - first);
    MemorySegment data = w.data();
    long at = firstPanel * w.panelBytes();
    Objects.checkFromIndexSize(at, panels * w.panelBytes(), data.byteSize());
    checkRows(x, xOffset, xStride, w.columns(), rows);
    checkRows(y, yOffset, yStride, outputs, rows);
    MemorySegment room = scratch.page(4L * rows * ((w.columns() + 1) / 2));
    try {
      Call.PRODUCT.invokeExact(
          data.address() + at,
          (long) w.columns(),
          (long) outputs,
          scratch.views.of(x),
          (long) xOffset,
          (long) xStride,
          (long) rows,
          room.address(),
          scratch.views.of(y),
          (long) yOffset,
          (long) yStride);
    } catch (Throwable e) {
      throw new IllegalStateException("A native product failed: " + w, e);
    } finally {
      Reference.reachabilityFence(w);
      Reference.reachabilityFence(room);
    }
  }

  private static void checkRows(float[] array, int offset, int stride, int width, int rows) {
    if (stride < width) {
      throw new IndexOutOfBoundsException("rows of " + width + " floats, " + stride + " apart");
    }
    Objects.checkFromIndexSize((long) offset, (rows - 1L) * stride + width, (long) array.length);
  }
}
